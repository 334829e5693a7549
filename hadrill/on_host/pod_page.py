"""Runs in a pod: a page that says which pod on which node made it: `POD NODE`."""

import http.server
import os

PORT = 8080


class Page(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send the page."""
        body = f"{os.environ['POD']} {os.environ['NODE']}".encode()
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log: nobody reads it."""


def main() -> None:
    """Show it until the pod ends."""
    http.server.ThreadingHTTPServer(("", PORT), Page).serve_forever()


if __name__ == "__main__":
    main()
