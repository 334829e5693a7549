"""Why an experiment says nothing about a cluster, and what tests raise for its verdicts."""

from collections.abc import Sequence

from hadrill.diagnosis import CauseRow, Facts


class InconclusiveError(Exception):
    """The experiment was refused, not steady before the fault, or the fault was not there.

    `facts`: what the hosts said, where they were asked for a cause.
    """

    def __init__(self, reason: str, facts: Facts | None = None) -> None:
        super().__init__(reason)
        self.facts = facts


class DegradedError(InconclusiveError):
    """Members are down already: a fault would break the quorum, or hide what is wrong."""


class UnavailableError(InconclusiveError):
    """The host cannot offer this fault, or it makes no sense for this role."""


class DrillFailedError(AssertionError):
    """What a test raises where the cluster did not do what it must. `causes`: those that a diagnosis named, as JSON."""

    def __init__(self, reason: str, causes: Sequence[CauseRow] = ()) -> None:
        super().__init__(reason)
        self.causes = causes


class DrillInconclusiveError(Exception):
    """What a test raises where the drill says nothing about the cluster."""


class DrillBrokenError(Exception):
    """What a test raises where a bug of hadrill's own ended the drill."""


class NotHealedError(Exception):
    """A run could not undo what it or an earlier run did; the text says on which hosts, and why."""
