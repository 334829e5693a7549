"""Looks at what runs on this host and prints it as JSON. Only reads.

Input: {"variables": names of environment variables whose values are wanted, "engines": programs of container engines,
"starters": programs that hold a container for its unit, "devices": how engines' network devices begin}.
Output: {"hostname", "fqdn", "networks": [address with its prefix], "processes": [every process that listens on TCP:
{"pid", "command": [words], "ports": [n], "unit", "container": id, "environment": {name: value}}], "containers": {id:
{"name", "image", "digest", "command": [words], "environment": {name: value}, "mounts": {path inside: path here},
"ports": {port inside: port here}, "unit"}}, "units": {unit: command}, "problems": [sentences]}.
"""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LISTENING = "0A"
SECONDS = 20
COMMAND = re.compile(r"argv\[\]=(.*?) ; ")


def lines(problems: list[str], *command: str) -> list[str]:
    """The lines that a command prints; what goes wrong is a problem, but for a program that is not there."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except FileNotFoundError:
        return []
    except subprocess.TimeoutExpired:
        problems.append(f"`{' '.join(command[:3])}` did not end in {SECONDS} s")
        return []
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        problems.append(f"`{' '.join(command[:3])}` failed: {''.join(last) or done.returncode}")
    return done.stdout.decode("utf-8", "replace").splitlines()


def words(file: Path) -> list[str]:
    """What a file of /proc holds, its parts separated by zeros."""
    try:
        return [part.decode("utf-8", "replace") for part in file.read_bytes().split(b"\0") if part]
    except OSError:
        return []


def link(path: Path) -> str:
    """Where a link leads; empty where it is gone."""
    try:
        return str(path.readlink())
    except OSError:
        return ""


def sockets(process: Path) -> dict[str, int]:
    """The sockets that listen in a process's network, by their number, each with its port."""
    ports: dict[str, int] = {}
    for name in ("tcp", "tcp6"):
        try:
            rows = (process / "net" / name).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            cells = row.split()
            if cells[3] == LISTENING:
                ports[cells[9]] = int(cells[1].rpartition(":")[2], 16)
    return ports


def groups(process: Path) -> list[str]:
    """The parts of a process's control groups."""
    try:
        rows = (process / "cgroup").read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [part for row in rows for part in row.split(":", 2)[-1].split("/")]


def unit_of(process: Path) -> str:
    """The service that a process belongs to; empty where it is none's."""
    return next((part for part in reversed(groups(process)) if part.endswith(".service")), "")


def container_of(process: Path, known: Iterable[str], spaces: dict[str, str]) -> str:
    """The container that a process runs in: its control group names it, or it shares the first process's numbers."""
    parts = groups(process)
    named = (identity for identity in known if any(identity in part for part in parts))
    return next(named, "") or spaces.get(link(process / "ns" / "pid"), "")


def environment(process: Path, names: Iterable[str]) -> dict[str, str]:
    """The wanted variables of a process."""
    every = dict(entry.split("=", 1) for entry in words(process / "environ") if "=" in entry)
    return {name: every[name] for name in names if name in every}


def containers(engines: list[str], names: list[str], problems: list[str]) -> dict[str, dict[str, Any]]:
    """Every container of every engine, by its id."""
    known: dict[str, dict[str, Any]] = {}
    for engine in engines:
        ids = lines(problems, engine, "ps", "--quiet", "--no-trunc")
        text = "\n".join(lines(problems, engine, "inspect", *ids)) if ids else "[]"
        for one in json.loads(text or "[]"):
            # One engine may answer to the other's name too.
            known.setdefault(one["Id"], container(one, names))
    return known


def container(one: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """What is wanted of what an engine says of a container."""
    config = one["Config"]
    every = dict(entry.split("=", 1) for entry in config.get("Env") or () if "=" in entry)
    bound = (one.get("NetworkSettings") or {}).get("Ports") or {}
    ports = {name.partition("/")[0]: int(here[0]["HostPort"]) for name, here in bound.items() if here}
    return {
        "name": one["Name"].lstrip("/"),
        "image": one.get("ImageName") or config["Image"],
        "digest": one["Image"],
        "command": [one.get("Path") or "", *(one.get("Args") or ())],
        "environment": {name: every[name] for name in names if name in every},
        "mounts": {mount["Destination"]: mount["Source"] for mount in one.get("Mounts") or ()},
        "ports": ports,
        "unit": "",
        "pid": one["State"]["Pid"],
    }


def keepers(starters: list[str], known: dict[str, dict[str, Any]], processes: list[Path]) -> None:
    """Write down the unit that started a container: a program of an engine runs in it, which names the container."""
    for process in processes:
        command = words(process / "cmdline")
        if not command or Path(command[0]).name not in starters:
            continue
        unit = unit_of(process)
        for identity, one in known.items():
            if unit and unit.partition(".")[0] not in starters and {one["name"], identity} & set(command):
                one["unit"] = unit


def networks(devices: tuple[str, ...], problems: list[str]) -> list[str]:
    """This host's IPv4 addresses, each with its prefix, without those of loopback and of engines' own networks."""
    rows = [row.split() for row in lines(problems, "ip", "-oneline", "-4", "address", "show", "scope", "global")]
    own = [row for row in rows if not row[1].startswith(devices)]
    return [row[row.index("inet") + 1] for row in own]


def listening(names: list[str], known: dict[str, dict[str, Any]], processes: list[Path]) -> list[dict[str, Any]]:
    """Every process that listens on TCP, in whichever network of its own."""
    spaces = {link(Path(f"/proc/{one['pid']}/ns/pid")): identity for identity, one in known.items()}
    spaces.pop(link(Path("/proc/1/ns/pid")), None)
    by_network: dict[str, dict[str, int]] = {}
    rows = []
    for process in processes:
        network = link(process / "ns" / "net")
        if network not in by_network:
            by_network[network] = sockets(process)
        try:
            held = [link(entry) for entry in (process / "fd").iterdir()]
        except OSError:
            continue
        inodes = (name[len("socket:[") : -1] for name in held if name.startswith("socket:["))
        ports = sorted({by_network[network][inode] for inode in inodes if inode in by_network[network]})
        if ports:
            rows.append(
                {
                    "pid": int(process.name),
                    "command": words(process / "cmdline"),
                    "ports": ports,
                    "unit": unit_of(process),
                    "container": container_of(process, known, spaces),
                    "environment": environment(process, names),
                }
            )
    return rows


def commands(units: Iterable[str], problems: list[str]) -> dict[str, str]:
    """What each unit starts, as its file says."""
    started = {}
    for unit in sorted(set(units)):
        shown = "\n".join(lines(problems, "systemctl", "show", "--property=ExecStart", unit))
        match = COMMAND.search(shown)
        started[unit] = match.group(1) if match else ""
    return started


def main() -> None:
    """Answer what standard input asks for."""
    order = json.load(sys.stdin)
    names = order["variables"]
    problems: list[str] = []
    processes = sorted(Path("/proc").glob("[0-9]*"))
    known = containers(order["engines"], names, problems)
    keepers(order["starters"], known, processes)
    rows = listening(names, known, processes)
    answer = {
        "hostname": socket.gethostname(),
        "fqdn": socket.getfqdn(),
        "networks": networks(tuple(order["devices"]), problems),
        "processes": rows,
        "containers": known,
        "units": commands((row["unit"] for row in rows if row["unit"]), problems),
        "problems": problems,
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
