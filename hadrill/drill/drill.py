"""The ten steps of a drill."""

import time

from hadrill.drill.breakage import Breakage
from hadrill.drill.case import Case
from hadrill.drill.leading import make_leader
from hadrill.drill.measure import read_back
from hadrill.drill.plan import planned
from hadrill.drill.preflight import diagnose_failure
from hadrill.drill.recovery import HOLD_SECONDS, OVERTIME_SECONDS, Recovery
from hadrill.drill.session import Session
from hadrill.drill.trial import Trial
from hadrill.faults import PLANNED, Fault
from hadrill.services.cluster import Cluster
from hadrill.timing import Budget, Deadline, OverdueError, eventually


class Drill(Trial):
    """One fault on one host. `lead`: the host is made the leader first."""

    def __init__(self, session: Session, cluster: Cluster, case: Case, *, lead: bool = False) -> None:
        super().__init__(session, cluster, case)
        self._lead = lead

    def plan(self) -> str:
        """What run() would do, in a few lines. Only asks, touches nothing. Raises what run() would refuse with."""
        return planned(Breakage(self.session, self.cluster, self.case, self.id, lambda *_: None))

    def _run(self) -> None:
        if self._lead:
            make_leader(self.cluster, self.session.inventory.host(self.case.host))
        self._step(1, "guard")
        breakage = Breakage(self.session, self.cluster, self.case, self.id, self._step)
        self.result.node, self.result.role = breakage.host.name, breakage.role
        fault = breakage.guard()
        if breakage.risk:
            self.result.notes.append(f"by force: {breakage.risk}")
        budget = self.cluster.budget(fault.kind, breakage.role)
        self.result.budget_s, self.result.budget = round(budget.seconds, 2), str(budget)
        self._live.budget = budget.seconds
        self._step(2, "lease")
        with breakage.leased(fault, budget.seconds):
            self._leased(breakage, fault, budget)

    def _leased(self, breakage: Breakage, fault: Fault, budget: Budget) -> None:
        self._step(3, "steady state")
        with self._place(self._leading(breakage)):
            self._exercise(breakage, fault, budget)
            read_back(self.result, self.cluster, self.workload)
        may_lose = self.cluster.may_lose(fault.kind, breakage.role)
        self._verdict([*self.problems, *breakage.problems], may_lose=may_lose)

    def _exercise(self, breakage: Breakage, fault: Fault, budget: Budget) -> None:
        """Everything that happens while clients work."""
        with self._working():
            allowed = budget.seconds + OVERTIME_SECONDS
            with breakage.broken(fault, allowed):
                self.timeline.add("drill", f"{fault.name} on {breakage.host} is there: {breakage.proof}")
                self._step(6, "watch")
                self._watch(breakage, fault, allowed)
            self._converge()
            self._step(8, "read back")
        self._measure()

    def _watch(self, breakage: Breakage, fault: Fault, allowed: float) -> None:
        """Until clients are served again, or far over budget. A lasting fault must still be there then."""
        proved, injected = time.monotonic(), self.moments["inject"]
        recovery = Recovery(fault, self.workload, self.timeline, injected, allowed - OVERTIME_SECONDS)
        deadline = Deadline(allowed, start=injected)
        late = ""
        try:
            eventually("clients to be served again", lambda: recovery.missing(proved, HOLD_SECONDS), deadline)
        except OverdueError as error:
            late = f"never recovered: {error}"
        # Before it is asked why: that takes time, and the target's own timer goes on.
        breakage.still_there(fault)
        if late:
            self._weakness = self.cluster.weakness(breakage.host)
            self.problems += [self._weakness, late] if self._weakness else [late]
            if not self._weakness:
                self._facts = diagnose_failure(self.result, self.cluster, injected, breakage.host.name)
        if fault.kind == PLANNED and self.cluster.leader() == breakage.host:
            self.problems.append(f"{breakage.host} still is the {breakage.role}")
