"""What this computer's drills are about to break, written down before they do. One file a drill, gone when healed."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A fault that may be there. `power` says that the target may be off; `leased` are hosts with a lease.

    `pid` and `started` (the kernel's start time) name the runner: a number alone may mean another process by now.
    """

    drill: str
    inventory: str
    host: str
    fault: str
    power: bool
    leased: tuple[str, ...]
    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether the runner that wrote it still runs."""
        return started(self.pid) == self.started

    @property
    def file(self) -> Path:
        """Where it lies."""
        return folder() / f"{self.drill}.json"

    def write(self) -> None:
        """Write it down, in one step that a crash cannot halve."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        forget_halves()
        beside = self.file.with_suffix(f".{self.pid}.new")
        with beside.open("w", encoding="utf-8") as out:
            out.write(json.dumps(asdict(self)))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(self.file)

    def remove(self) -> None:
        """The fault is gone."""
        self.file.unlink(missing_ok=True)


def forget_halves() -> None:
    """Remove what processes that are gone were writing when they ended: nothing was broken for it yet."""
    for file in folder().glob("*.new"):
        pid = file.stem.rpartition(".")[2]
        if not (pid.isdigit() and started(int(pid))):
            file.unlink(missing_ok=True)


def entries() -> Iterator[Entry]:
    """All that is written down."""
    for file in sorted(folder().glob("*.json")):
        try:
            content = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            continue
        yield Entry(**content | {"leased": tuple(content["leased"])})


def entries_of(inventory: Path) -> list[Entry]:
    """What is written down for the inventory in this folder."""
    return [entry for entry in entries() if entry.inventory == str(inventory.absolute())]


def folder() -> Path:
    """The journal's folder in the user's home: it outlives checkouts and reports."""
    home = Path(os.environ.get("XDG_STATE_HOME", "") or Path.home() / ".local" / "state")
    return home / "hadrill-journal"


def started(pid: int) -> str:
    """When a process was started, in the kernel's ticks; empty where there is none."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2].split()
    except OSError:
        return ""
    return "" if after_name[0] in "ZX" else after_name[19]
