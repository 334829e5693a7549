"""The results of drills as summary.json and history.jsonl hold them."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from hadrill.diagnosis import CauseRow


class ProblemRow(TypedDict):
    """A problem that a drill ended with: in one line, and with its details. `invariant` names what it violates."""

    what: str
    details: Sequence[str]
    invariant: str
    known: bool
    about: str


class DrillRow(TypedDict):
    """One drill, or one round of a chaos run. Names that end with `_s` are seconds; None where nothing was measured.

    A line of the history has `schema` and `at` too, and no `lanes`, `evidence` and `notes`; an older one has no
    `foreign_...`, `problems`, `waited_s` and `faults`.
    """

    id: str
    service: str
    node: str
    role: str
    fault: str
    verdict: str
    cause: str
    outage_s: float | None
    return_outage_s: float | None
    budget_s: float | None
    budget: str
    phases: Mapping[str, float]
    lanes: NotRequired[Mapping[str, Mapping[str, Any]]]
    operations: Mapping[str, int]
    acknowledged: int
    lost: int | None
    unknown: int
    duplicates: int
    foreign_before: NotRequired[int | None]
    foreign_after: NotRequired[int | None]
    loss_window_s: float
    problems: NotRequired[Sequence[ProblemRow]]
    causes: Sequence[CauseRow]
    notes: NotRequired[Sequence[str]]
    evidence: NotRequired[Sequence[str]]
    wall_s: float
    waited_s: NotRequired[float]
    faults: NotRequired[int]
    overhead_s: float | None
    converged_s: float | None
    folder: str
    round: int
    began: float
    cluster: NotRequired[str]
    """Empty, or not there, where the service has one cluster."""
    schema: NotRequired[int]
    at: NotRequired[str]
