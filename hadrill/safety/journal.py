"""What experiments of this computer are about to break, written down before they do it.

One file for each experiment; it is removed when the fault is undone.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A fault that may be there. `power` says that it is about the target's power; `leased` are hosts with a lease.

    `made` says whether the power may be taken by now: never before, not even while a lease is waited for. Entries of
    versions that did not write it are read as made.

    `experiment` is its id, of twelve hexadecimal digits.
    `pid` and `started` (the kernel's start time) name the runner: a number alone may mean another process by now.
    """

    experiment: str
    inventory: str
    host: str
    fault: str
    power: bool
    leased: tuple[str, ...]
    pid: int
    started: str
    made: bool = True
    cluster: str = ""
    """The cluster's label, where its service has several."""

    @property
    def what(self) -> str:
        """The fault, and the cluster that it is about where that is not plain."""
        return f"{self.fault} ({self.cluster})" if self.cluster else self.fault

    @property
    def alive(self) -> bool:
        """Whether the runner that wrote it still runs."""
        return started(self.pid) == self.started

    @property
    def file(self) -> Path:
        """The entry's file in the journal's folder."""
        return folder() / f"{self.experiment}.json"

    def write(self) -> None:
        """Write the file in one step: a crash leaves no half of it."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        forget_halves()
        beside = self.file.with_suffix(f".{self.pid}.new")
        with beside.open("w", encoding="utf-8") as out:
            out.write(json.dumps(asdict(self)))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(self.file)

    def remove(self) -> None:
        """Remove the file, as the fault is gone. Does nothing where it was removed before."""
        self.file.unlink(missing_ok=True)


def forget_halves() -> None:
    """Remove half-written entries of processes that are gone: they had not broken anything yet."""
    for file in folder().glob("*.new"):
        pid = file.stem.rpartition(".")[2]
        if not (pid.isdigit() and started(int(pid))):
            file.unlink(missing_ok=True)


def entries() -> Iterator[Entry]:
    """All entries of the journal that can be read, also those that another version of hadrill wrote."""
    return (entry for entry in _all() if isinstance(entry, Entry))


def unreadable() -> list[str]:
    """Files of the journal that cannot be read: each in a line, with why and what to do."""
    return [entry for entry in _all() if isinstance(entry, str)]


def _all() -> Iterator[Entry | str]:
    for file in sorted(folder().glob("*.json")):
        try:
            yield _read(file)
        except FileNotFoundError:
            continue  # its experiment has just ended
        except (OSError, ValueError, TypeError, LookupError) as error:
            why = f"{type(error).__name__}: {error}"
            yield f"{file} cannot be read, so what it names is not undone: {why}; remove it when all hosts are well"


def _read(file: Path) -> Entry:
    """An entry of whichever version: what this one does not know is left out."""
    content = json.loads(file.read_text("utf-8"))
    if "drill" in content:
        # What the key was called before.
        content["experiment"] = content.pop("drill")
    known = {field.name: content[field.name] for field in fields(Entry) if field.name in content}
    entry = Entry(**known | {"leased": tuple(content["leased"])})
    texts = (entry.experiment, entry.inventory, entry.host, entry.fault, entry.started, entry.cluster, *entry.leased)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a name in it is no text")
    return entry


def entries_of(inventory: Path) -> list[Entry]:
    """Entries for the inventory in this folder."""
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
