"""One line about a running drill: rewritten on a terminal, one for each step elsewhere."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from hadrill.timing import POLL
from hadrill.workload import OK, History

REFRESH = 4 * POLL


class Live:
    """The line about one experiment. `say` prints it; one that begins with a carriage return replaces the last."""

    def __init__(self, say: Callable[[str], None], name: str) -> None:
        self._say, self._name = say, name
        self.budget = 0.0
        self._begun = time.monotonic()
        self._step = ""
        self._history: History | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def step(self, number: int, name: str) -> None:
        """A step begins."""
        self._step = f"{number:2} {name}"
        self._tell(self._line())

    def watch(self, history: History) -> None:
        """Begin to show how many operations succeed."""
        self._history = history
        self._thread = threading.Thread(target=self._refresh, daemon=True)
        self._thread.start()

    def end(self, verdict: str) -> None:
        """Show the verdict, and stop."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._step = verdict
        self._tell(self._line())

    def _refresh(self) -> None:
        while not self._over.wait(REFRESH):
            self._tell("\r" + self._line())

    def _tell(self, line: str) -> None:
        # A terminal that is gone (OSError) or closed (ValueError) ends no drill.
        with suppress(OSError, ValueError):
            self._say(line)

    def _line(self) -> str:
        spent = time.monotonic() - self._begun
        line = f"{self._name:<40} {self._step:<16} {spent:5.1f} s"
        if self.budget:
            line += f"  budget {self.budget:.1f} s"
        if self._history is not None:
            recent = self._history.operations(since=time.monotonic() - 1.0)
            good = sum(operation.outcome == OK for operation in recent)
            line += f"  last second: {good} ok, {len(recent) - good} failing"
        return line
