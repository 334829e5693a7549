"""What was seen of a Kubernetes node's loss, for checks to judge."""

import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from hadrill.diagnosis import CauseRow
from hadrill.drill.errors import DrillFailedError
from hadrill.drill.result import Problem, Result
from hadrill.inventory import Host
from hadrill.services.kubernetes.backends import PodReport
from hadrill.services.kubernetes.budget import Timers
from hadrill.timing import Budget
from hadrill.workload import OK, Invariant, Operation

POWER_OFF, CORDON = "power-off", "cordon"
"""What happens to nodes."""


@dataclass
class Milestone:
    """What was waited for: seconds after the fault (or the return), or why it did not come."""

    seconds: float = 0.0
    problem: str = ""
    causes: tuple[CauseRow, ...] = ()

    def __str__(self) -> str:
        return self.problem or f"after {self.seconds:.1f} s"


@dataclass
class Loss:
    """One node's loss. Times are monotonic."""

    victim: Host
    role: str
    timers: Timers
    fault: str = POWER_OFF
    in_etcd: bool = False
    """Whether it led etcd when it began."""
    rto: float = math.inf
    """Seconds that settings.yaml promises, where it promises any."""
    began: float = 0.0
    healed: float = 0.0
    seen: dict[str, Milestone] = field(default_factory=dict)
    outages: dict[str, float] = field(default_factory=dict)
    """Seconds without a success by lane."""
    failed: dict[str, int] = field(default_factory=dict)
    """Operations that did not succeed, by lane."""
    problems: list[Problem] = field(default_factory=list)
    """What of the invariants was violated."""
    backends: list[PodReport] = field(default_factory=list)
    """What pods on the nodes saw of the data services."""
    remaining: tuple[str, ...] = ()
    """Every node but the victim."""
    services: dict[str, Milestone] = field(default_factory=dict)
    """Why data services did not serve pods, of those that did not."""

    def __str__(self) -> str:
        return f"{self.victim} ({self.role}{', of etcd too' if self.in_etcd else ''}), {self.fault}"

    @property
    def causes(self) -> tuple[CauseRow, ...]:
        """Those that were named first, when something did not come in time."""
        return next((milestone.causes for milestone in self.seen.values() if milestone.causes), ())

    def conclude(self, result: Result, operations: Iterable[Operation]) -> str:
        """Take over what was measured. Returns it in one line."""
        not_done = Counter(one.lane for one in operations if one.outcome != OK and one.end >= self.began)
        for lane, numbers in result.lanes.items():
            self.outages[lane] = round(max(numbers["outage_s"], numbers["return_outage_s"]), 2)
            self.failed[lane] = not_done[lane]
        self.problems = [problem for problem in result.problems if problem.invariant]
        told = ", ".join(f"{lane} {seconds:.1f} s" for lane, seconds in self.outages.items())
        counted = f"{sum(self.failed.values())} failed; {result.lost} of {result.acknowledged} lost"
        return f"{self.victim} {self.fault}: without success: {told}; {counted}"

    def require(self, name: str) -> Milestone:
        """What was seen. Raises DrillFailedError with why it was not."""
        milestone = self.seen[name]
        if milestone.problem:
            raise DrillFailedError(f"{self}: {name}: {milestone.problem}", milestone.causes)
        return milestone

    def require_promised(self, name: str) -> Milestone:
        """What was seen, as soon as settings.yaml promises. Raises DrillFailedError."""
        milestone = self.require(name)
        if milestone.seconds > self.rto:
            raise DrillFailedError(f"{self}: {name} {milestone}; slo.kubernetes.rto promises {self.rto:g} s")
        return milestone

    def require_outage(self, lanes: str, allowed: Budget) -> None:
        """Clients whose lanes begin so were served again in time. Raises DrillFailedError."""
        counted = {lane: seconds for lane, seconds in self.outages.items() if lane.startswith(lanes)}
        limit = min(allowed.seconds, self.rto)
        late = [f"{lane}: {seconds:.1f} s" for lane, seconds in counted.items() if seconds > limit]
        if late or not counted:
            what = "; ".join(late) or f"no lane {lanes!r}"
            promised = f"slo.kubernetes.rto {self.rto:g} s, and " if self.rto < allowed.seconds else ""
            raise DrillFailedError(f"{self}: without success {what}; allowed {promised}{allowed}", self.causes)

    def require_invariants(self) -> None:
        """Nothing acknowledged is lost, and everything else holds that has no check of its own.

        Raises DrillFailedError.
        """
        # How long clients were without service is judged lane by lane, see require_outage().
        broken = [problem.what for problem in self.problems if problem.invariant != Invariant.SERVED]
        if broken:
            raise DrillFailedError(f"{self}: {'; '.join(broken)}", self.causes)

    def require_unnoticed(self, lane: str) -> None:
        """Not one operation of a lane failed. Raises DrillFailedError."""
        if self.failed[lane]:
            raise DrillFailedError(f"{self}: {lane}: {self.failed[lane]} failed", self.causes)

    def require_backend(self, name: str) -> None:
        """Every remaining node's pod used a data service during the loss and after it. Raises DrillFailedError."""
        problems = self.unserved(name)
        if problems or not self.remaining:
            why = self.services.get(name, Milestone())
            what = "; ".join([*(problems or ["no pods"]), *filter(None, [why.problem])])
            raise DrillFailedError(f"{self}: {name}: {what}", why.causes)

    def unserved(self, name: str) -> list[str]:
        """What pods of the remaining nodes missed of a data service; empty where they used it all the while."""
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
