"""Waits for a time that a schedule asks for."""

from hadrill.safety.signals import end_if_asked
from hadrill.timing import Deadline, eventually

SLACK_SECONDS = 1.0


def pause(seconds: float) -> None:
    """Wait so many seconds; not at all for 0 or less. A run that is asked to end stops waiting."""
    over = Deadline(max(0.0, seconds))

    def waiting() -> str | None:
        end_if_asked()
        return None if over.passed else "not yet"

    eventually("the schedule", waiting, Deadline(over.seconds + SLACK_SECONDS))
