"""Which rounds may break something now: a few at a time, and only one while it breaks a proxy that all share."""

import fcntl
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from hadrill.timing import Deadline, eventually

WAIT_SECONDS = 3600.0


class Gate:
    """File locks in the run's folder: they hold between the processes of a run, and end with a process that dies.

    Between two rounds that must run alone each of the `others` that is at work gets a turn, so that all go on.
    """

    def __init__(self, folder: Path, places: int, others: Collection[str] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._places, self._others = folder, places, others
        self._count = folder / "count"
        self._last_alone = 0

    @contextmanager
    def present(self, name: str) -> Iterator[None]:
        """While the cluster of that name makes rounds: others leave it its turns."""
        with self._any_of(f"service-{name}", shared=False):
            yield

    @contextmanager
    def entered(self, over: Deadline, *, alone: bool) -> Iterator[None]:
        """Be inside, in one of the places; `alone`: once all others are out. After `over` turns are not waited for.

        Raises OverdueError after an hour.
        """
        with ExitStack() as held:
            if alone:
                eventually("others' turns", lambda: None if over.passed else self._turn(), Deadline(WAIT_SECONDS))
            # A round that must run alone keeps the door: those inside leave one by one, and nobody comes in.
            door = held.enter_context(self._any_of("door", shared=not alone))
            held.enter_context(self._any_of("inside", shared=not alone))
            if not alone:
                fcntl.flock(door, fcntl.LOCK_UN)
            held.enter_context(self._any_of(*(f"place-{number}" for number in range(self._places)), shared=False))
            with self._any_of("counting", shared=False):
                self._last_alone = self._entered()
                self._count.write_text(str(self._entered() + (not alone)), "utf-8")
            yield

    def _turn(self) -> str | None:
        away = self._last_alone + sum(map(self._is_here, self._others)) - self._entered()
        return f"{away} rounds of others come first" if away > 0 else None

    def _is_here(self, name: str) -> bool:
        with (self._folder / f"service-{name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _entered(self) -> int:
        """How many rounds entered that need not run alone."""
        try:
            return int(self._count.read_text("utf-8") or 0)
        except FileNotFoundError:
            return 0

    @contextmanager
    def _any_of(self, *names: str, shared: bool) -> Iterator[IO[str]]:
        """Hold the first of these locks that is free; wait for one."""
        with ExitStack() as files:
            opened = [files.enter_context((self._folder / f"{name}.lock").open("w")) for name in names]
            got: list[IO[str]] = []

            def taken() -> str | None:
                for file in opened:
                    try:
                        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                    except BlockingIOError:
                        continue
                    got.append(file)
                    return None
                return "all are taken"

            eventually(f"one of {', '.join(names)}", taken, Deadline(WAIT_SECONDS))
            yield got[0]
