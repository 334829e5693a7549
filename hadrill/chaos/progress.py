"""Prints each round when it ends: the services' processes have no terminal, and a night is long."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from hadrill.drill.result import Result
from hadrill.inventory.cluster import label
from hadrill.timing import POLL

FILE = "rounds.txt"


def note(folder: Path, text: str) -> None:
    """Add a line to the run's file of lines. Several processes do so at once: each line is one write."""
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def told(result: Result) -> str:
    """A round in one line: when it ended, what was done to whom, its outage and the allowed one, the verdict."""
    where = f"{result.fault} on {result.node} ({result.role})" if result.node else result.fault
    outage = "-" if result.outage_s is None else f"{result.outage_s:.2f}"
    allowed = "" if result.budget_s is None else f" of {result.budget_s:.1f}"
    lost = f", {result.lost} lost" if result.lost else ""
    cause = f": {' '.join(result.cause.split())}" if result.cause else ""
    when = time.strftime("%H:%M:%S")
    cluster = label(result.service, result.cluster)
    return f"{when} {result.round:4} {cluster:<11} {where}: {outage}{allowed} s{lost}, {result.verdict}{cause}"


class Progress:
    """Hands every line that is added to the file to `say`, until it is closed."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._file, self._say = folder / FILE, say
        self._read = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hand over what is not yet handed over, and stop."""
        self._over.set()
        self._thread.join()
        self._forward()

    def _follow(self) -> None:
        while not self._over.wait(POLL):
            self._forward()

    def _forward(self) -> None:
        if not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(self._read)
            # A line may be half written: it is left for the next time.
            new, end, _ = file.read().rpartition(b"\n")
        self._read += len(new) + len(end)
        for line in new.decode("utf-8", "replace").splitlines():
            self._say(line)
