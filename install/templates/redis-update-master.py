#!/usr/bin/python3
"""Ask the Sentinels for the master and point HAProxy's be_redis_master at it.

Runs when HAProxy starts, every few seconds by a timer, and at once when Sentinel's hook calls port 26380.
The Sentinel with the newest configuration epoch is believed. HAProxy goes on while its server changes its
address; connections to the old master are ended. Prints what it did. Ends with 1 where no Sentinel answers.
"""

import fcntl
import json
import socket
import sys
import time
from pathlib import Path

SETTINGS = json.loads(Path("/etc/hadrill/redis-update-master.json").read_text())
SOCKET = "/run/hadrill/haproxy/admin.sock"
LOCK = Path("/run/hadrill/redis-update-master.lock")
ASK_SECONDS = 1.0
SOCKET_SECONDS = 10.0
SERVER = "be_redis_master/master"


def sentinel_view(address: str) -> dict[str, str] | None:
    """What one Sentinel says of the master: a dictionary, or None where it does not answer."""
    name = SETTINGS["master_name"]
    try:
        with socket.create_connection((address, 26379), timeout=ASK_SECONDS) as connection:
            connection.sendall(f"SENTINEL MASTER {name}\r\n".encode())
            stream = connection.makefile("rb")
            head = stream.readline()
            if not head.startswith(b"*"):
                return None
            values = []
            for _ in range(int(head[1:])):
                length = int(stream.readline()[1:])
                values.append(stream.read(length + 2)[:-2].decode())
    except (OSError, ValueError):
        return None
    return dict(zip(values[::2], values[1::2], strict=True))


def haproxy(command: str) -> str:
    """The answer of HAProxy to a command. Waits for its socket, which appears when it has started."""
    end = time.monotonic() + SOCKET_SECONDS
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(SOCKET)
                connection.sendall(command.encode() + b"\n")
                return connection.makefile("rb").read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def current() -> tuple[str, str, int]:
    """Address and administrative state of HAProxy's server now."""
    for line in haproxy("show servers state be_redis_master").splitlines():
        fields = line.split()
        if len(fields) > 18 and fields[3] == "master":
            return fields[4], fields[18], int(fields[6])
    sys.exit("HAProxy has no server be_redis_master/master")


def main() -> None:
    """Point HAProxy at the master that the newest Sentinel names."""
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        views = [view for view in map(sentinel_view, SETTINGS["sentinels"]) if view]
        if not views:
            sys.exit("no Sentinel answers: HAProxy stays as it is")
        newest = max(views, key=lambda view: int(view["config-epoch"]))
        wanted = (newest["ip"], newest["port"])
        address, port, administrative = current()
        if (address, port) != wanted:
            haproxy(f"set server {SERVER} addr {wanted[0]} port {wanted[1]}")
            haproxy(f"shutdown sessions server {SERVER}")
            print(f"be_redis_master: {address}:{port} -> {wanted[0]}:{wanted[1]}")
        if administrative:
            haproxy(f"set server {SERVER} state ready")
            print("be_redis_master: enabled")


main()
