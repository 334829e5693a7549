"""Runs on each member: says every line that it hears."""

import signal
import socketserver
import sys

PORT = 7007


class Member(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self) -> None:
        """Until the other side has nothing more to say."""
        for line in self.rfile:
            self.wfile.write(line)


class Server(socketserver.ThreadingTCPServer):
    """All connections, each in a thread that ends with the server."""

    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    # The first process of a container ends by no signal that it did not ask for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Server(("", PORT), Member).serve_forever()
