"""The outcome of one check."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

from hadrill.diagnosis import CauseRow

PROPERTY = "hadrill"
"""The name of the report's property in which a worker hands an outcome's details to the process that reports."""

DRILL = "hadrill-drill"
"""The same for the result of a drill that is a test of its own."""

EXPERIMENT = "hadrill-experiment"
"""The same for an experiment that several checks share."""


LEFT_OUT = "hadrill-left-out"
"""The same for a check that is about something that the stack does not have."""


class LeftOutRow(TypedDict):
    """A check that was left out, and why."""

    module: str
    check: str
    reason: str


class Ending(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


class CheckRow(TypedDict):
    """The form in which summary.json holds a check."""

    id: str
    module: str
    check: str
    outcome: str
    seconds: float
    host: str
    cause: str
    message: str
    causes: Sequence[CauseRow]
    unreached: str


@dataclass(frozen=True)
class Outcome:
    """One check of a run. `seconds` is the time of its call; `host` and `cause` are empty where it passed.

    `causes` are those that a diagnosis found, as in a drill's result.
    """

    id: str
    module: str
    check: str
    outcome: Ending
    seconds: float
    host: str = ""
    cause: str = ""
    message: str = ""
    causes: Sequence[CauseRow] = ()
    unreached: str = ""
    """Why no host that the check is about can be reached; empty where one can. The same text for all such checks."""

    def as_json(self) -> CheckRow:
        """The form in which summary.json holds it."""
        return CheckRow(
            id=self.id,
            module=self.module,
            check=self.check,
            outcome=self.outcome,
            seconds=self.seconds,
            host=self.host,
            cause=self.cause,
            message=self.message,
            causes=self.causes,
            unreached=self.unreached,
        )
