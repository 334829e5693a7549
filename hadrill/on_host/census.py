"""Counts what containers, units and experiments hold on this host, and prints it as JSON. Only reads.

Input: {"root": folder of experiments, "data": a folder of the disk that is counted, "units": [names], "containers":
the engine's command that lists ids, "main pids": its command that takes ids and prints a name and a process for each}.
Output: {"held": {container or unit: {"file descriptors": n, "memory bytes": n}}, "disk bytes": n, "left": [experiments
of which something lies there]}.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

TABLE = "table inet hadrill_"
TIMER = "hadrill-heal-"


def lines(*command: str) -> list[str]:
    """The lines that a command prints; none where it fails, or is not there."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        return []
    return done.stdout.decode("utf-8", "replace").splitlines()


def containers(listing: list[str], asking: list[str]) -> dict[str, dict[str, int]]:
    """By name: open file descriptors and private memory of all its processes."""
    counts: dict[str, dict[str, int]] = {}
    ids = lines(*listing)
    states = lines(*asking, *ids) if ids else []
    spaces = {space(pid): name.lstrip("/") for name, pid in (line.split() for line in states)}
    for process in Path("/proc").glob("[0-9]*"):
        own = space(process.name)
        name = spaces.get(own)
        if own and name is not None:
            held = counts.setdefault(name, {"file descriptors": 0, "memory bytes": 0})
            held["file descriptors"] += descriptors(process)
            held["memory bytes"] += memory(process)
    return counts


def units(names: list[str]) -> dict[str, dict[str, int]]:
    """By name: the same of each unit's main process alone; what it starts counts to others."""
    counts = {}
    for name in names:
        process = Path("/proc") / "".join(lines("systemctl", "show", "--property=MainPID", "--value", name))
        if process.name not in ("proc", "0"):
            counts[name] = {"file descriptors": descriptors(process), "memory bytes": memory(process)}
    return counts


def space(pid: str) -> str:
    """A process's namespace of processes, which all processes of a container share. Empty where it has ended."""
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def descriptors(process: Path) -> int:
    """How many files a process has open."""
    try:
        return len(list((process / "fd").iterdir()))
    except OSError:
        return 0


def memory(process: Path) -> int:
    """Bytes of a process that it shares with nobody and that no file backs."""
    try:
        status = (process / "status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon:"))


def left(root: Path) -> list[str]:
    """Experiments that have anything here: a folder, a lease, a table of rules, a timer."""
    names = [folder.name for folder in root.glob("[!.]*") if folder.name != "leases"]
    names += [lease.name for lease in (root / "leases").glob("*")]
    names += [line[len(TABLE) :] for line in lines("nft", "list", "tables") if line.startswith(TABLE)]
    units = lines("systemctl", "list-units", "--plain", "--no-legend", "--state=active", f"{TIMER}*")
    return names + [line.split()[0][len(TIMER) :].partition(".")[0] for line in units]


def main() -> None:
    """Answer what standard input asks for."""
    order = json.load(sys.stdin)
    data = Path(order["data"])
    disk = os.statvfs(data if data.exists() else "/")
    used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    held = {**containers(order["containers"], order["main pids"]), **units(order["units"])}
    json.dump({"held": held, "disk bytes": used, "left": left(Path(order["root"]))}, sys.stdout)


if __name__ == "__main__":
    main()
