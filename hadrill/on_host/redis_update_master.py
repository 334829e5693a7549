#!/usr/bin/python3
"""Ask the Sentinels for the master and point HAProxy's be_redis_master at it. The installer puts it on every proxy.

Runs when HAProxy starts, every few seconds by a timer, and at once when Sentinel's hook calls port 26380.
The Sentinel with the newest configuration epoch is believed: at once where its epoch is newer than the last one that
was acted on, otherwise when all have answered or had their time. HAProxy goes on while its server changes its address;
connections to the old master are ended. Prints what it did. Ends with 1 where no Sentinel answers.
"""

from __future__ import annotations

import fcntl
import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import BinaryIO

SETTINGS = Path("/etc/hadrill/redis-update-master.json")
SOCKET = "/run/hadrill/haproxy/admin.sock"
LOCK = Path("/run/hadrill/redis-update-master.lock")
EPOCH = Path("/run/hadrill/redis-update-master.epoch")
ASK_SECONDS = 1.0
SOCKET_SECONDS = 10.0
SERVER = "be_redis_master/master"
# The bit of `srv_admin_state` that `set server ... state ready` takes away.
FORCED_MAINTENANCE = 1


def sentinel_view(address: str, name: str) -> tuple[int, str, str] | None:
    """What one Sentinel says: configuration epoch, and address and port of the master.

    None where it does not answer, or its answer lacks one of them.
    The address is asked for by itself: while the other replicas still follow, the Sentinel that leads a failover
    lists the old master under the new epoch, but answers this question with the promoted replica.
    """
    try:
        with socket.create_connection((address, 26379), timeout=ASK_SECONDS) as connection:
            connection.sendall(f"SENTINEL MASTER {name}\r\nSENTINEL GET-MASTER-ADDR-BY-NAME {name}\r\n".encode())
            stream = connection.makefile("rb")
            master, place = strings(stream), strings(stream)
        return int(dict(zip(master[::2], master[1::2]))["config-epoch"]), place[0], place[1]
    except (OSError, ValueError, LookupError):
        return None


def strings(stream: BinaryIO) -> list[str]:
    """One array of strings in Redis' protocol. Raises ValueError for anything else, an error among them."""
    head = stream.readline()
    if not head.startswith(b"*"):
        raise ValueError(head)
    return [stream.read(int(stream.readline()[1:]) + 2)[:-2].decode() for _ in range(int(head[1:]))]


def haproxy(command: str) -> str:
    """HAProxy's answer to a command. Waits for HAProxy's socket, which appears when HAProxy has started."""
    end = time.monotonic() + SOCKET_SECONDS
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(SOCKET)
                connection.sendall(command.encode() + b"\n")
                return connection.makefile("rb").read().decode()
        except OSError:  # noqa: PERF203 - it is waited for
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


def point_at(address: str, port: str) -> None:
    """Make HAProxy lead to this master; nothing happens where it does already."""
    old_address, old_port, administrative = current()
    if (old_address, old_port) != (address, port):
        haproxy(f"set server {SERVER} addr {address} port {port}")
        # Sentinel's word is newer than the health check, which would cost another half second; it goes on checking.
        haproxy(f"set server {SERVER} health up")
        haproxy(f"shutdown sessions server {SERVER}")
        print(f"be_redis_master: {old_address}:{old_port} -> {address}:{port}")
    if administrative & FORCED_MAINTENANCE:
        haproxy(f"set server {SERVER} state ready")
        print("be_redis_master: enabled")


def main() -> None:
    """Point HAProxy at the master that the newest Sentinel names."""
    settings = json.loads(SETTINGS.read_text("utf-8"))
    sentinels, name = settings["sentinels"], settings["master_name"]
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        acted_on = int(EPOCH.read_text()) if EPOCH.exists() else None
        views = []
        # All at once: the host that has just died must not cost the others their time.
        with ThreadPoolExecutor(max_workers=len(sentinels)) as pool:
            for asked in as_completed([pool.submit(sentinel_view, address, name) for address in sentinels]):
                view = asked.result()
                if view is not None:
                    views.append(view)
                    if acted_on is not None and view[0] > acted_on:
                        point_at(*view[1:])
                        acted_on = view[0]
        if not views:
            sys.exit("no Sentinel answers: HAProxy stays as it is")
        # Sentinels that were reset count their epochs from the beginning: the newest of all answers decides, and not
        # the epoch that was acted on before.
        newest = max(views)
        point_at(*newest[1:])
        EPOCH.write_text(str(newest[0]))


if __name__ == "__main__":
    main()
