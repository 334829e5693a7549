"""Tries to connect to ports from this host, all at once and with one wait for all of them.

Input: {"targets": [[address, port]], "seconds": how long to wait}. Output: the targets that took the connection.
"""

import errno
import json
import selectors
import socket
import sys
import time


def accepted(targets: list[tuple[str, int]], seconds: float) -> list[tuple[str, int]]:
    """Targets that take a connection in time."""
    waiting, open_ports = selectors.DefaultSelector(), []
    for address, port in targets:
        tried = socket.socket()
        tried.setblocking(False)
        if tried.connect_ex((address, port)) in (0, errno.EINPROGRESS):
            waiting.register(tried, selectors.EVENT_WRITE, (tried, (address, port)))
    end = time.monotonic() + seconds
    while waiting.get_map() and time.monotonic() < end:
        for key, _ in waiting.select(end - time.monotonic()):
            tried, target = key.data
            if tried.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                open_ports.append(target)
            waiting.unregister(tried)
            tried.close()
    return open_ports


def main() -> None:
    """Answer what standard input asks for."""
    order = json.load(sys.stdin)
    json.dump(accepted(order["targets"], order["seconds"]), sys.stdout)


if __name__ == "__main__":
    main()
