"""Counts what containers and drills hold there, and prints it as JSON. Only reads.

Input: {"root": folder of drills, "data": a folder of the disk that is counted, "units": [names], "containers": the
engine's command that lists ids, "main pids": its command that takes ids and prints a name and a process for each}.
Output: {"held": {container or unit: {"file descriptors": n, "memory bytes": n}}, "disk bytes": n, "left": [drills]}.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

TABLE = "table inet hadrill_"
TIMER = "hadrill-heal-"


def said(*command: str) -> list[str]:
    """The lines that a command prints; none where it fails, or is not there."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        return []
    return done.stdout.decode("utf-8", "replace").splitlines()


def containers(listing: list[str], asking: list[str]) -> dict[str, dict[str, int]]:
    """By name: open file descriptors and private memory of all its processes."""
    found: dict[str, dict[str, int]] = {}
    ids = said(*listing)
    states = said(*asking, *ids) if ids else []
    spaces = {space(pid): name.lstrip("/") for name, pid in (line.split() for line in states)}
    for process in Path("/proc").glob("[0-9]*"):
        own = space(process.name)
        name = spaces.get(own)
        if own and name is not None:
            held = found.setdefault(name, {"file descriptors": 0, "memory bytes": 0})
            held["file descriptors"] += descriptors(process)
            held["memory bytes"] += memory(process)
    return found


def units(names: list[str]) -> dict[str, dict[str, int]]:
    """By name: the same of each unit's main process. What it starts for others is not its own."""
    found = {}
    for name in names:
        process = Path("/proc") / "".join(said("systemctl", "show", "--property=MainPID", "--value", name))
        if process.name not in ("proc", "0"):
            found[name] = {"file descriptors": descriptors(process), "memory bytes": memory(process)}
    return found


def space(pid: str) -> str:
    """The process namespace: all processes of a container share it. Empty for one that ended meanwhile."""
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def descriptors(process: Path) -> int:
    """Open files of a process."""
    try:
        return len(list((process / "fd").iterdir()))
    except OSError:
        return 0


def memory(process: Path) -> int:
    """Bytes that it shares with nobody and that no file backs."""
    try:
        lines = (process / "status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def left(root: Path) -> list[str]:
    """Drills that have anything here: a folder, a lease, a table of rules, a timer."""
    names = [each.name for each in root.glob("[!.]*") if each.name != "leases"]
    names += [each.name for each in (root / "leases").glob("*")]
    names += [line[len(TABLE) :] for line in said("nft", "list", "tables") if line.startswith(TABLE)]
    units = said("systemctl", "list-units", "--plain", "--no-legend", "--state=active", f"{TIMER}*")
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
