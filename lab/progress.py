"""What the lab says while it works: one line when a step starts and its seconds when it ends."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print the step, then how long it took. Plain lines: they read the same in a terminal and in a log."""
    start = time.monotonic()
    say(f"{text} ...")
    try:
        yield
    except BaseException:
        say(f"{text}: failed after {time.monotonic() - start:.1f} s")
        raise
    say(f"{text}: {time.monotonic() - start:.1f} s")


def say(text: str) -> None:
    """A line for people, flushed at once."""
    sys.stdout.write(f"[lab] {text}\n")
    sys.stdout.flush()
