"""What was seen of a Kubernetes node's loss, for checks to judge."""

import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from hadrill.diagnosis import CauseRow
from hadrill.drill.errors import DrillFailedError
from hadrill.drill.result import WHOLE, Problem, Result
from hadrill.inventory import Host
from hadrill.services.kubernetes.backends import PodReport
from hadrill.services.kubernetes.budget import Timers
from hadrill.timing import Budget
from hadrill.workload import OK, Invariant, Operation

POWER_OFF, CORDON = "power-off", "cordon"
"""The faults of nodes."""


@dataclass
class Milestone:
    """An event that was waited for: its seconds after the fault (or the return), or why it did not come."""

    seconds: float = 0.0
    problem: str = ""
    causes: tuple[CauseRow, ...] = ()

    def __str__(self) -> str:
        return self.problem or f"after {self.seconds:.1f} s"


@dataclass
class Loss:
    """What was seen of one node's loss. Times are monotonic."""

    victim: Host
    role: str
    timers: Timers
    fault: str = POWER_OFF
    in_etcd: bool = False
    """Whether the node led etcd before the loss."""
    rto: float = math.inf
    """Seconds that settings.yaml promises; infinite where it promises none."""
    began: float = 0.0
    healed: float = 0.0
    seen: dict[str, Milestone] = field(default_factory=dict)
    outages: dict[str, float] = field(default_factory=dict)
    """Longest time without a success in seconds, by lane."""
    failed: dict[str, int] = field(default_factory=dict)
    """Operations that did not succeed, by lane."""
    problems: list[Problem] = field(default_factory=list)
    """All that was not as it must be."""
    named: tuple[CauseRow, ...] = ()
    """Causes of the whole experiment."""
    backends: list[PodReport] = field(default_factory=list)
    """What pods on the nodes saw of the data services."""
    remaining: tuple[str, ...] = ()
    """Every node but the victim."""
    services: dict[str, Milestone] = field(default_factory=dict)
    """For data services that did not serve pods: why not."""

    def __str__(self) -> str:
        return f"{self.victim} ({self.role}{', of etcd too' if self.in_etcd else ''}), {self.fault}"

    @property
    def causes(self) -> tuple[CauseRow, ...]:
        """The causes that were named first, when something did not come in time."""
        return next((milestone.causes for milestone in self.seen.values() if milestone.causes), self.named)

    def conclude(self, result: Result, operations: Iterable[Operation]) -> str:
        """Copy what was measured from the result. Returns it in one line."""
        not_done = Counter(one.lane for one in operations if one.outcome != OK and one.end >= self.began)
        for lane, numbers in result.lanes.items():
            self.outages[lane] = max(numbers["outage_s"], numbers["return_outage_s"])
            self.failed[lane] = not_done[lane]
        self.problems, self.named = list(result.problems), tuple(result.causes)
        told = ", ".join(f"{lane} {seconds:.1f} s" for lane, seconds in self.outages.items())
        counted = f"{sum(self.failed.values())} failed; {result.lost} of {result.acknowledged} lost"
        return f"{self.victim} {self.fault}: without success: {told}; {counted}"

    def require(self, name: str) -> Milestone:
        """The milestone of this name. Raises DrillFailedError where it did not come."""
        milestone = self.seen.get(name, Milestone(problem="nobody got as far as asking"))
        if milestone.problem:
            raise DrillFailedError(f"{self}: {name}: {milestone.problem}", milestone.causes)
        return milestone

    def require_promised(self, name: str) -> Milestone:
        """The milestone of this name. Raises DrillFailedError where it came later than settings.yaml promises."""
        milestone = self.require(name)
        if milestone.seconds > self.rto:
            raise DrillFailedError(f"{self}: {name} {milestone}; slo.kubernetes.rto promises {self.rto:g} s")
        return milestone

    def require_outage(self, lanes: str, allowed: Budget) -> None:
        """Check that clients of lanes with this prefix were served again in time. Raises DrillFailedError."""
        counted = {lane: seconds for lane, seconds in self.outages.items() if lane.startswith(lanes)}
        limit = min(allowed.seconds, self.rto)
        late = [f"{lane}: {seconds:.1f} s" for lane, seconds in counted.items() if seconds > limit]
        if late or not counted:
            what = "; ".join(late) or f"no lane {lanes!r}"
            promised = f"slo.kubernetes.rto {self.rto:g} s, and " if self.rto < allowed.seconds else ""
            raise DrillFailedError(f"{self}: without success {what}; allowed {promised}{allowed}", self.causes)

    def require_nothing_else(self, *judged: str, lanes: tuple[str, ...]) -> None:
        """Check that all invariants hold, all is undone, and the cluster is whole: what has no check of its own.

        `judged` names milestones and data services that other checks of this loss require, `lanes` how the lanes begin
        whose outages they require: those are red for what is wrong with them. Raises DrillFailedError.
        """
        broken = [problem for problem in self.problems if problem.about not in judged]
        if len(broken) < len(self.problems):
            # What keeps a cluster from being whole is that: its check is red already.
            broken = [problem for problem in broken if problem.about != WHOLE]
        if all(lane.startswith(lanes) for lane in self.outages):
            broken = [problem for problem in broken if problem.invariant != Invariant.SERVED]
        if broken:
            raise DrillFailedError(f"{self}: {'; '.join(problem.what for problem in broken)}", self.causes)

    def require_unnoticed(self, lane: str) -> None:
        """Check that not one operation of a lane failed. Raises DrillFailedError."""
        if self.failed.get(lane) != 0:
            told = f"{self.failed[lane]} failed" if lane in self.failed else "no such lane"
            raise DrillFailedError(f"{self}: {lane}: {told}", self.causes)

    def require_backend(self, name: str) -> None:
        """Check that the pods of all remaining nodes used a data service during and after the loss.

        Raises DrillFailedError.
        """
        problems = self.unserved(name)
        if problems or not self.remaining:
            why = self.services.get(name, Milestone())
            what = "; ".join([*(problems or ["no pods"]), *filter(None, [why.problem])])
            raise DrillFailedError(f"{self}: {name}: {what}", why.causes)

    def unserved(self, name: str) -> list[str]:
        """Lines about pods of the remaining nodes that could not use a data service; empty where all always could."""
        offset = time.time() - time.monotonic()
        began, healed = self.began + offset, self.healed + offset
        problems = []
        for node in self.remaining:
            mine = [report for report in self.backends if report.node == node and report.at >= began]
            problems += [f"{node}: {report.results[name]}" for report in mine if report.results[name] != "ok"][:1]
            during = sum(turn.at < healed for turn in mine)
            if during == 0 or during == len(mine):
                problems.append(f"{node}: {during} round trips during the loss, {len(mine) - during} after it")
        return problems
