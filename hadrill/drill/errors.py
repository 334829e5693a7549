"""Why a drill may say nothing about a cluster."""

from collections.abc import Sequence

from hadrill.diagnosis import CauseRow, Facts


class InconclusiveError(Exception):
    """Refused, not steady before, or the fault was not there. `facts`: what the hosts said, where they were asked."""

    def __init__(self, reason: str, facts: Facts | None = None) -> None:
        super().__init__(reason)
        self.facts = facts


class DegradedError(InconclusiveError):
    """Members are away already, so a fault would break the quorum or hide what is wrong."""


class UnavailableError(InconclusiveError):
    """The host cannot offer this fault, or it makes no sense for this role."""


class DrillFailedError(AssertionError):
    """What a test raises: the cluster did not do what it must. `causes`: those found while it was so, as JSON."""

    def __init__(self, reason: str, causes: Sequence[CauseRow] = ()) -> None:
        super().__init__(reason)
        self.causes = causes


class DrillInconclusiveError(Exception):
    """What a test raises: the drill says nothing about the cluster."""


class DrillBrokenError(Exception):
    """What a test raises: a bug of hadrill's own ended the drill."""


class NotHealedError(Exception):
    """A run could not undo what it found or did: which hosts, and why."""
