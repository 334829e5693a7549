"""Signals: what asks a run to end must never keep it from healing."""

import ctypes
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PARENT_DEATH_SIGNAL = 1
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


_received: list[int] = []
"""Signals that asked this process to end."""


def end_politely() -> None:
    """Let SIGTERM and SIGHUP end the run as Ctrl-C does: by itself Python would end at once, without any `finally`."""
    for number in ENDING:
        signal.signal(number, _interrupt)


def _interrupt(number: int, _: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt(signal.Signals(number).name)


def end_if_asked() -> None:
    """Raise KeyboardInterrupt where a signal has come and its own interrupt was lost.

    Python drops what a signal's handler raises while an object is finalized. Never call this while healing.
    """
    if _received:
        raise KeyboardInterrupt(signal.Signals(_received[0]).name)


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it dies: its watchdog then heals at once.

    A worker of pytest-xdist would go on for ten seconds otherwise. Source: prctl(2), PR_SET_PDEATHSIG.
    """
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)


@contextmanager
def shielded() -> Iterator[None]:
    """Let healing run to its end, however often somebody presses Ctrl-C; the interrupt comes afterwards."""
    noted: list[int] = []
    before = {number: signal.signal(number, lambda number, _: noted.append(number)) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if noted:
        raise KeyboardInterrupt(signal.Signals(noted[0]).name)
