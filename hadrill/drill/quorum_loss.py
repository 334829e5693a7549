"""The majority of a cluster is gone: it must refuse writes, not lose them, and go on when one member returns."""

import time
import uuid
from collections.abc import Callable

from hadrill.drill.breakage import Breakage
from hadrill.drill.case import Case
from hadrill.drill.drill import OVERTIME_SECONDS, Drill
from hadrill.drill.evidence import keep_evidence
from hadrill.drill.judge import judge
from hadrill.drill.measure import measure, read_back
from hadrill.drill.observer import Observer
from hadrill.drill.session import Session
from hadrill.services.cluster import Cluster
from hadrill.timing import Budget, Deadline, OverdueError, Part, budget, eventually
from hadrill.workload import OK, Workload

REFUSING_SECONDS = 3.0
"""For so long not one write may be acknowledged."""
BOOT_SECONDS = 30.0
"""A machine boots and its service starts, on the slowest hardware that counts."""


class QuorumLoss(Drill):
    """Power off the leading member and one more, in that order; power on the second, then the first."""

    def __init__(self, session: Session, cluster: Cluster) -> None:
        super().__init__(session, cluster, Case(cluster.service, "power-off", cluster.roles[0]))
        self.result.fault = "quorum-loss"

    def _run(self) -> None:
        self._step(1, "guard")
        first = Breakage(self.session, self.cluster, self.case, self.id, self._step)
        other = next(host for host in self.cluster.members if host != first.host)
        second_case = Case(self.case.service, "power-off", host=other.name)
        second = Breakage(self.session, self.cluster, second_case, uuid.uuid4().hex[:12], lambda *_: None)
        self.result.node, self.result.role = f"{first.host}+{other}", "majority"
        # Both are asked one by one: each alone would be allowed, and the cluster is whole.
        fault, _ = first.guard(), second.guard()
        live = self.cluster.budget(fault.kind, self.cluster.roles[0])
        allowed = budget([Part("boot", BOOT_SECONDS, "the first member returns"), *live.parts], live.multiplier)
        self.result.budget_s, self.result.budget = round(allowed.seconds, 2), str(allowed)
        self._step(2, "lease")
        with first.leased(fault, 2 * allowed.seconds):
            self._step(3, "steady state")
            with self._place(first.host):
                self._lose(first, second, allowed)
                read_back(self.result, self.cluster, self.workload)
            self._step(9, "verdict")
            judge(self.result, self.cluster, fault.kind, None, [*self.problems, *first.problems, *second.problems])
            keep_evidence(self._record())

    def _lose(self, first: Breakage, second: Breakage, allowed: Budget) -> None:
        with (
            Observer(self.cluster, self.timeline) as self.observer,
            Workload(
                self.id, self.cluster.lanes(self.id), self.session.rate * self.cluster.rate_share
            ) as self.workload,
        ):
            self._live.watch(self.workload.history)
            since = time.monotonic()
            eventually("a steady workload", lambda: self.workload.unsteady(since), Deadline(OVERTIME_SECONDS))
            seconds = 2 * allowed.seconds + OVERTIME_SECONDS
            with first.broken(first.guard(), seconds):
                with second.broken(second.guard(quorum_loss=True), seconds):
                    self._step(6, "watch")
                    self._refuses(allowed)
                returned = time.monotonic()
                self.timeline.add("drill", f"{second.host} is back")
                try:
                    eventually("writes with one member back", self._unserved(returned), Deadline(allowed.seconds))
                except OverdueError as error:
                    self.problems.append(f"never recovered: {error}")
                # The outage that is judged begins when enough members are there again.
                self.moments["inject"] = returned
            self._converge()
            self._step(8, "read back")
        measure(self.result, self.workload, self.timeline, self.moments)

    def _refuses(self, allowed: Budget) -> None:
        def writes() -> str | None:
            recent = self.workload.history.operations(since=time.monotonic() - REFUSING_SECONDS)
            acknowledged = [each for each in recent if each.writes and each.outcome == OK]
            return f"{len(acknowledged)} writes acknowledged in {REFUSING_SECONDS:g} s" if acknowledged else None

        try:
            eventually("writes to be refused without a majority", writes, Deadline(allowed.seconds))
        except OverdueError as error:
            self.problems.append(f"writes go on without a majority: {error}")

    def _unserved(self, since: float) -> Callable[[], str | None]:
        return lambda: self.workload.unsteady(since)
