"""The outcome of one check."""

from dataclasses import asdict, dataclass, field
from typing import Any

PROPERTY = "hadrill"
"""Under this name an outcome's details travel from a worker to the process that reports."""

DRILL = "hadrill-drill"
"""The same for a drill's result."""

PASSED, FAILED, UNREACHABLE, INCONCLUSIVE, ERROR = "passed", "failed", "unreachable", "inconclusive", "error"


@dataclass(frozen=True)
class Outcome:
    """One check of a run. `seconds` is the time of its call; `host` and `cause` are empty where it passed.

    `causes` are those that a diagnosis found, as in a drill's result.
    """

    id: str
    module: str
    check: str
    outcome: str
    seconds: float
    host: str = ""
    cause: str = ""
    message: str = ""
    causes: list[dict[str, Any]] = field(default_factory=list)
    unreached: str = ""
    """Why none of the hosts that it is about can be reached; the same for all such checks."""

    def as_json(self) -> dict[str, Any]:
        """The form in which summary.json holds it."""
        return asdict(self)
