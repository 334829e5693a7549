"""Who may break something now: few rounds at a time, and nobody else while a proxy that all share is broken."""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from hadrill.timing import Deadline, eventually

WAIT_SECONDS = 3600.0


class Gate:
    """File locks in the run's folder: they hold between the processes of a run, and end with a process that dies."""

    def __init__(self, folder: Path, places: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._places = folder, places

    @contextmanager
    def entered(self, *, alone: bool) -> Iterator[None]:
        """Inside, in one of the places; `alone`: once all others are out. Raises OverdueError after an hour."""
        with ExitStack() as held:
            # Who wants to be alone keeps the door: those inside leave one by one, and nobody follows them.
            door = held.enter_context(self._any_of("door", shared=not alone))
            held.enter_context(self._any_of("inside", shared=not alone))
            if not alone:
                fcntl.flock(door, fcntl.LOCK_UN)
            held.enter_context(self._any_of(*(f"place-{number}" for number in range(self._places)), shared=False))
            yield

    @contextmanager
    def _any_of(self, *names: str, shared: bool) -> Iterator[IO[str]]:
        """The first lock that is free."""
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
