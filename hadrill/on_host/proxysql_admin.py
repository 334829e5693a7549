"""Runs statements at ProxySQL's administration port, on its own host: its user `admin` may log in from nowhere else.

Input: JSON with `address`, `port`, `user`, `password`, `statements` and `seconds`, the limit of each wait. Output: JSON
with `rows`, the rows that each statement returned, and `error`, the error that ended them; empty where none did.
Speaks MySQL's protocol (Connection Phase Packets, Text Protocol) with mysql_native_password.
"""

from __future__ import annotations

import hashlib
import json
import socket
import sys
from typing import Any

# CLIENT_LONG_PASSWORD, CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH.
CAPABILITIES = 0x1 | 0x200 | 0x8000 | 0x80000
UTF8_GENERAL_CI = 33
NATIVE = b"mysql_native_password"
OK, NULL, SWITCH, ERROR = 0x00, 0xFB, 0xFE, 0xFF
QUERY = b"\x03"
LENGTHS = {0xFC: 2, 0xFD: 3, 0xFE: 8}


class RefusedError(Exception):
    """The server sent an error packet; the text is the server's own."""


class Client:
    """A connection that is logged in. Raises RefusedError or OSError."""

    def __init__(self, place: tuple[str, int], user: str, password: str, seconds: float) -> None:
        self._socket = socket.create_connection(place, timeout=seconds)
        self._number = 0
        greeting = self._read()
        # Version, connection's number; then the challenge, in two parts with what the server can do between them.
        start = greeting.index(b"\0", 1) + 5
        challenge = greeting[start : start + 8] + greeting[start + 27 : start + 39]
        self._write(login_request(user, proof(password, challenge)))
        reply = self._read()
        if reply[0] == SWITCH:
            plugin, _, challenge = reply[1:].partition(b"\0")
            if plugin != NATIVE:
                raise RefusedError("it wants " + plugin.decode() + " of " + user)
            self._write(proof(password, challenge[:20]))
            self._read()

    def query(self, statement: str) -> list[list[str | None]]:
        """The rows that a statement returns."""
        self._number = 0
        self._write(QUERY + statement.encode())
        first = self._read()
        if first[0] == OK:
            return []
        count = first[0]
        for _ in range(count + 1):
            self._read()
        rows: list[list[str | None]] = []
        while True:
            packet = self._read()
            if packet[0] == SWITCH and len(packet) < 9:
                return rows
            rows.append(values(packet, count))

    def _read(self) -> bytes:
        head = self._exactly(4)
        self._number = head[3] + 1
        packet = self._exactly(int.from_bytes(head[:3], "little"))
        if packet[0] == ERROR:
            # The number of the error, and its SQL state behind `#`.
            raise RefusedError(packet[9:].decode("utf-8", "replace"))
        return packet

    def _write(self, payload: bytes) -> None:
        self._socket.sendall(len(payload).to_bytes(3, "little") + bytes([self._number]) + payload)

    def _exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            part = self._socket.recv(count - len(got))
            if not part:
                raise OSError("the connection was closed")
            got += part
        return got


def login_request(user: str, answer: bytes = b"") -> bytes:
    """MySQL's HandshakeResponse41, with the user's answer to the challenge; none where the user has no password."""
    head = CAPABILITIES.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + bytes([UTF8_GENERAL_CI]) + bytes(23)
    return head + user.encode() + b"\0" + bytes([len(answer)]) + answer + NATIVE + b"\0"


def proof(password: str, challenge: bytes) -> bytes:
    """The answer to a challenge, which shows that one knows the password without sending it."""
    once = hashlib.sha1(password.encode()).digest()  # noqa: S324 - the protocol's
    mixed = hashlib.sha1(challenge + hashlib.sha1(once).digest()).digest()  # noqa: S324 - the protocol's
    return bytes(a ^ b for a, b in zip(once, mixed))


def values(packet: bytes, count: int) -> list[str | None]:
    """The values in the packet of a row with so many columns."""
    row: list[str | None] = []
    at = 0
    for _ in range(count):
        length, at = packet[at], at + 1
        if length == NULL:
            row.append(None)
            continue
        if length in LENGTHS:
            size = LENGTHS[length]
            length, at = int.from_bytes(packet[at : at + size], "little"), at + size
        row.append(packet[at : at + length].decode("utf-8", "replace"))
        at += length
    return row


def main() -> None:
    """Run the statements of standard input, one after the other."""
    order = json.load(sys.stdin)
    answer: Any = {"rows": [], "error": ""}
    try:
        client = Client((order["address"], order["port"]), order["user"], order["password"], order["seconds"])
        for statement in order["statements"]:
            answer["rows"].append(client.query(statement))
    except (RefusedError, OSError) as error:
        answer["error"] = str(error)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
