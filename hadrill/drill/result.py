"""What an experiment found."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from hadrill.diagnosis import CauseRow
from hadrill.drill.verdict import Phase, Verdict
from hadrill.report.rows import DrillRow

PASSED, FAILED, INCONCLUSIVE = Verdict.PASSED, Verdict.FAILED, Verdict.INCONCLUSIVE
UNAVAILABLE, ERROR = Verdict.UNAVAILABLE, Verdict.ERROR
PHASES = tuple(Phase)
WHOLE = "whole again"
"""What a problem is about where the cluster does not become whole after healing."""


@dataclass(frozen=True)
class Problem:
    """What was not as it must be, in one line; lists and sums are its `details`.

    `invariant` names the invariant that is violated; empty where it is none. `known`: the reason is told already, so no
    diagnosis is made for it.
    `about`: what a check of its own may be made of: a milestone or a data service of a node's loss, WHOLE.
    """

    what: str
    details: tuple[str, ...] = ()
    invariant: str = ""
    known: bool = False
    about: str = ""


@dataclass
class Result:
    """One experiment's outcome. Times are seconds; phases, those that were seen, count from the fault.

    `outage_s` is the longest time without an acknowledged write over all lanes; `lanes` has each lane's own.
    `return_outage_s` is the longest one while the broken member came back. `round` is its number in a chaos run,
    `began` the Unix time at which it began. `foreign_...` is how much a member holds that no drill wrote: the one
    that has least of it afterwards. `overhead_s` is what it took beside the fault and the convergence, without
    `waited_s`, the wait for hosts that other experiments had.
    """

    id: str
    service: str
    node: str
    role: str
    fault: str
    verdict: Verdict = INCONCLUSIVE
    cause: str = ""
    outage_s: float | None = None
    return_outage_s: float | None = None
    budget_s: float | None = None
    budget: str = ""
    phases: dict[str, float] = field(default_factory=dict)
    lanes: dict[str, dict[str, Any]] = field(default_factory=dict)
    operations: dict[str, int] = field(default_factory=dict)
    acknowledged: int = 0
    lost: int | None = None
    unknown: int = 0
    duplicates: int = 0
    foreign_before: int | None = None
    foreign_after: int | None = None
    loss_window_s: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    causes: list[CauseRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    wall_s: float = 0.0
    waited_s: float = 0.0
    faults: int = 0
    overhead_s: float | None = None
    converged_s: float | None = None
    folder: str = ""
    round: int = 0
    began: float = 0.0
    cluster: str = ""
    """The cluster's name, where its service has several."""

    def as_json(self) -> DrillRow:
        """The form in which summary.json and the history hold it, and in which xdist's workers can send it."""
        return cast("DrillRow", json.loads(json.dumps(asdict(self))))
