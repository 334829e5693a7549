"""Waiting for a condition: fast polls, a deadline, a description, and the last reason why not."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

POLL = 0.05
"""Seconds between two polls. After a poll that took longer the pause is as long as the poll was: polling never takes
more than half of the time."""


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock, `seconds` after it was made. Wall clocks may jump; this does not."""

    seconds: float
    start: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds until then, never negative."""
        return max(0.0, self.start + self.seconds - time.monotonic())

    @property
    def spent(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self.start

    @property
    def passed(self) -> bool:
        """Whether the moment has come."""
        return self.left == 0.0


class OverdueError(Exception):
    """A condition that did not come true in time: what was waited for, for how long, and what was seen last."""

    def __init__(self, description: str, seconds: float, last: object) -> None:
        self.description, self.seconds, self.last = description, seconds, last
        super().__init__(f"waited {seconds:.1f} s for {description}; last seen: {last}")


def eventually(description: str, condition: Callable[[], object], deadline: Deadline) -> None:
    """Poll until the condition returns None. Anything else that it returns says why it is not true yet.

    Raises OverdueError with the last reason once the deadline has passed.
    """
    asked = time.monotonic()
    while (reason := condition()) is not None:
        if deadline.passed:
            raise OverdueError(description, deadline.spent, reason)
        time.sleep(min(max(POLL, time.monotonic() - asked), deadline.left))
        asked = time.monotonic()
