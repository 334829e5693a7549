"""One round of faults on one cluster while clients work, then every promise checked."""

import time
import uuid
from collections.abc import Sequence

from hadrill.chaos.pause import pause
from hadrill.chaos.schedule import SAME, Round, Step
from hadrill.drill.breakage import Breakage
from hadrill.drill.case import Case
from hadrill.drill.live import Live
from hadrill.drill.measure import read_back
from hadrill.drill.preflight import diagnose_failure
from hadrill.drill.recovery import OVERTIME_SECONDS, Recovery
from hadrill.drill.session import Session
from hadrill.drill.trial import CONVERGE_SECONDS, Trial, reasons
from hadrill.faults import Fault
from hadrill.safety.lease import EXCLUSIVE, SHARED
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import cluster_of
from hadrill.timing import Deadline, OverdueError, eventually
from hadrill.workload.invariants import late

DURING = ("inject", "detect", "elect", "promote")
"""A step after one of these is made while the one before it is still there."""
LEASE_SECONDS = 600.0


class Storm(Trial):
    """A round as a drill of several faults. Its result counts from the first fault to the last healing."""

    def __init__(self, session: Session, cluster: Cluster, drawn: Round) -> None:
        super().__init__(session, cluster, case_of(session, cluster, drawn.steps[0]))
        self.round = drawn
        self.folder = session.folder / f"{drawn.number:04}-{cluster.service}-{self.id}"
        self.result.fault = " + ".join(step.fault for step in drawn.steps)
        self.result.round = drawn.number
        self._live = Live(session.say, f"{drawn.number:4} {cluster.service} {self.result.fault}")
        self._budgets = [0.0]  # of the faults since the cluster was last whole; the last one counts now
        self._may_lose = False

    @property
    def touches_proxies(self) -> bool:
        """Whether it breaks a host on other clusters' way too."""
        own = {SAME, *self.cluster.roles, *(host.name for host in self.cluster.members)}
        return any(step.target not in own for step in self.round.steps)

    def _run(self) -> None:
        self._step(1, "guard")
        first = Breakage(self.session, self.cluster, self.case, self.id, self._step)
        self.result.node, self.result.role = first.host.name, first.role
        fault = first.guard()
        self._step(2, "lease")
        with first.leased(fault, LEASE_SECONDS, EXCLUSIVE if self.touches_proxies else SHARED):
            self._step(3, "steady state")
            with self._place(self._leading(first)):
                self._storm(first, fault)
                read_back(self.result, self.cluster, self.workload)
            self._verdict(self.problems, may_lose=self._may_lose)

    def _storm(self, first: Breakage, fault: Fault) -> None:
        with self._working():
            self._make(self.round.steps, first, fault)
            self._converge()
            self._step(8, "read back")
        self._measure()
        if over := late(self.workload.history.operations(), self.workload.lanes):
            self.problems.append(over)

    def _make(self, steps: Sequence[Step], breakage: Breakage, fault: Fault) -> None:
        """One step, those that come while it is there, and those that come after it."""
        step, rest = steps[0], steps[1:]
        seconds = self._allow(breakage, fault)
        self._live.step(6, f"+ {fault.name}")
        begun = time.monotonic()
        try:
            with breakage.broken(fault, seconds + LEASE_SECONDS / 2):
                made = time.monotonic()
                self.timeline.add("drill", f"{fault.name} on {breakage.host} is there: {breakage.proof}")
                if rest and rest[0].after in DURING:
                    self._follow(rest, breakage, begun)
                    rest = ()
                pause(made + step.hold_s - time.monotonic())
                if breakage.drill == self.id:
                    self._recover(breakage, fault, self._budgets[-1])
                breakage.still_there(fault)
        finally:
            self.moments["heal"] = time.monotonic()
            self.problems += breakage.problems
            if breakage.drill != self.id and breakage.entry is not None:
                breakage.forget(breakage.entry)
        if rest:
            self._follow(rest, breakage, self.moments["heal"])

    def _follow(self, steps: Sequence[Step], before: Breakage, since: float) -> None:
        """The next step at its moment. One that cannot be made then is told, and breaks no promise."""
        step = steps[0]
        try:
            self._await(step, since)
            case = case_of(self.session, self.cluster, step, before.host.name)
            cluster = cluster_of(self.session.inventory, self.session.remote, case.service)
            self.ids.append(uuid.uuid4().hex[:12])
            breakage = Breakage(self.session, cluster, case, self.ids[-1], lambda *_: None)
            fault = breakage.guard(overlap=True, held_s=step.hold_s)
        except reasons() as error:
            self._not_made(steps, error)
            return
        try:
            self._make(steps, breakage, fault)
        except reasons() as error:
            if breakage.proof:
                raise
            self._not_made(steps, error)

    def _not_made(self, steps: Sequence[Step], reason: Exception) -> None:
        """A step that could not be made takes those that wait for it along."""
        self.result.notes += [f"not made: {step}: {reason}" for step in steps]

    def _await(self, step: Step, since: float) -> None:
        """The moment that a step waits for, and its delay. An event that does not come is told, and not waited for."""
        if step.after == "whole":
            eventually(f"a whole cluster before {step}", self.cluster.unhealthy, Deadline(CONVERGE_SECONDS))
            self._budgets.append(0.0)
        elif step.after not in ("inject", "heal"):
            try:
                eventually(
                    f"the cluster to {step.after}",
                    lambda: None if self.timeline.first(step.after, since) else "not yet",
                    Deadline(self._budgets[-1]),
                )
            except OverdueError as error:
                self.result.notes.append(f"{step}: {error}")
        pause(step.delay_s)

    def _recover(self, breakage: Breakage, fault: Fault, budget: float) -> None:
        """Clients are served again while the first fault is still there, or it is over budget."""
        since = time.monotonic()
        recovery = Recovery(fault, self.workload, self.timeline, self.moments["inject"], budget)
        try:
            eventually(
                "clients to be served again", lambda: recovery.missing(since), Deadline(budget + OVERTIME_SECONDS)
            )
        except OverdueError as error:
            self.problems.append(f"never recovered: {error}")
            self._facts = diagnose_failure(self.result, self.cluster, self.moments["inject"], breakage.host.name)

    def _allow(self, breakage: Breakage, fault: Fault) -> float:
        """Add a fault to what clients may have to endure until the cluster is whole again."""
        budget = breakage.cluster.budget(fault.kind, breakage.role)
        self._budgets[-1] += budget.seconds
        self._may_lose |= self.cluster.may_lose(fault.kind, breakage.role)
        self.result.budget_s = round(max(self._budgets), 2)
        self.result.budget = "; ".join(filter(None, [self.result.budget, f"{fault.name}: {budget}"]))
        self._live.budget = self._budgets[-1]
        return budget.seconds


def case_of(session: Session, cluster: Cluster, step: Step, same: str = "") -> Case:
    """A step as a drill's case: on a role or a host of the cluster, on the `same` host, or on a proxy before it."""
    if step.target in cluster.roles:
        return Case(cluster.service, step.fault, role=step.target)
    host = session.inventory.host(same if step.target == SAME else step.target)
    service = cluster.service if host in cluster.members else str(host.role)
    return Case(service, step.fault, host=host.name)
