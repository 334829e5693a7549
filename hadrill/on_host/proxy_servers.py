"""Asks HAProxy's control socket which servers it knows, once, or again and again until standard input ends. Only reads.

Input, one line: {"socket": path, "backend": its name, "every": seconds; 0: once}.
Output: {"servers": [[name, address, status, whether it is a backup]], "error": a sentence, empty where it answered}, a
line each time that this differs from the last one. `address` is without its port, `status` HAProxy's own word.
"""

from __future__ import annotations

import csv
import json
import select
import socket
import sys
from typing import Any

SECONDS = 3
SERVERS = "4"
"""HAProxy's number for rows of servers, without those of the backend itself."""
SIZE = 65536


def ask(place: str, command: str) -> str:
    """What the socket answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(SECONDS)
        client.connect(place)
        client.sendall(command.encode("ascii") + b"\n")
        parts = []
        while part := client.recv(SIZE):
            parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")


def servers(text: str) -> list[list[Any]]:
    """The servers in an answer to `show stat`. Raises ValueError for another answer, KeyError for other columns."""
    if not text.startswith("# "):
        raise ValueError(text.strip() or "it answered nothing")
    rows = csv.DictReader(text[2:].splitlines())
    return [[row["svname"], row["addr"].rpartition(":")[0], row["status"], row["bck"] == "1"] for row in rows if row]


def seen(place: str, backend: str) -> dict[str, Any]:
    """One answer, or why there is none."""
    try:
        return {"servers": servers(ask(place, f"show stat {backend} {SERVERS} -1")), "error": ""}
    except (OSError, KeyError, ValueError) as error:
        return {"servers": [], "error": f"{place}: {error}"}


def main() -> None:
    """Answer what standard input asks for."""
    order = json.loads(sys.stdin.readline())
    last = None
    while True:
        now = seen(order["socket"], order["backend"])
        if now != last:
            print(json.dumps(now), flush=True)
        last = now
        # Nothing more is sent: what can be read is the end.
        if not order["every"] or select.select([sys.stdin], [], [], order["every"])[0]:
            return


if __name__ == "__main__":
    main()
