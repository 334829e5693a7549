"""Signals: what asks a run to end must never keep it from healing."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_politely() -> None:
    """Let SIGTERM and SIGHUP unwind the run as Ctrl-C does: Python would end at once, without any `finally`."""

    def interrupt(number: int, _: FrameType | None) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


@contextmanager
def shielded() -> Iterator[None]:
    """Healing runs to its end, however often somebody presses Ctrl-C; the interrupt comes afterwards."""
    noted: list[int] = []
    before = {number: signal.signal(number, lambda number, _: noted.append(number)) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if noted:
        raise KeyboardInterrupt(signal.Signals(noted[0]).name)
