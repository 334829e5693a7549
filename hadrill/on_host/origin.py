"""Tells where the SSH connection comes from that it was started over, by the kernel's own table of connections.

Output: {"address": the other end's} or {"why": why it cannot be told}. Variables of the session are not asked: a
shell's start files may have changed them.
"""

import ipaddress
import json
import os
import sys
from pathlib import Path

ESTABLISHED = "01"


def connections() -> dict[str, str]:
    """Addresses of the other ends of all connections that are open, by the inode of their sockets."""
    peers = {}
    for table in ("tcp", "tcp6"):
        try:
            rows = Path("/proc/net", table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == ESTABLISHED:
                peers[fields[9]] = address(fields[2].partition(":")[0])
    return peers


def address(raw: str) -> str:
    """The address that /proc/net writes like this: 32-bit words in the processor's own byte order."""
    words = (int(raw[start : start + 8], 16).to_bytes(4, sys.byteorder) for start in range(0, len(raw), 8))
    peer = ipaddress.ip_address(b"".join(words))
    mapped = peer.ipv4_mapped if isinstance(peer, ipaddress.IPv6Address) else None
    return str(mapped or peer)


def sockets(pid: int) -> set[str]:
    """Inodes of the sockets that a process has open."""
    inodes = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(file.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[len("socket:[") : -1])
    return inodes


def parent(pid: int) -> int:
    """The process that started a process; 0 where there is none."""
    return int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(") ")[2].split()[1])


def origin() -> dict[str, str]:
    """The other end of the connection that the nearest ancestor holds: that is sshd's process for this session."""
    known, pid = connections(), os.getppid()
    while pid > 1:
        ends = {known[inode] for inode in sockets(pid) if inode in known}
        if len(ends) == 1:
            return {"address": ends.pop()}
        if ends:
            return {"why": f"process {pid} above it has connections to several: {', '.join(sorted(ends))}"}
        pid = parent(pid)
    return {"why": "no process above it has an open connection"}


def main() -> None:
    """Print the answer as JSON."""
    try:
        answer = origin()
    except OSError as error:
        answer = {"why": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
