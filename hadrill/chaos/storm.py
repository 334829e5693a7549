"""A round of faults on one cluster while clients work, after which every promise is checked."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from hadrill.chaos.pause import pause
from hadrill.chaos.schedule import SAME, Round, Step
from hadrill.drill.case import Case
from hadrill.drill.experiment import CONVERGE_SECONDS, expected
from hadrill.drill.injection import Injection
from hadrill.drill.invariants import Allowed
from hadrill.drill.recovery import OVERTIME_SECONDS, Recovery
from hadrill.drill.scenarios import Plan, Scenario
from hadrill.drill.session import Session
from hadrill.faults import Fault
from hadrill.inventory.cluster import file_name, front_services
from hadrill.safety.lease import EXCLUSIVE, SHARED
from hadrill.services.clusters import cluster_of
from hadrill.services.member_roles import names
from hadrill.timing import Deadline, OverdueError, eventually
from hadrill.workload import Invariant

if TYPE_CHECKING:
    from hadrill.drill.experiment import Experiment
    from hadrill.services.cluster import Cluster

DURING = ("inject", "detect", "elect", "promote")
"""A step after one of these is made while the one before it is still there."""
LEASE_SECONDS = 600.0


class Storm(Scenario):
    """A round as an experiment of several faults. Its result counts from the first fault to the last healing."""

    title: ClassVar[str] = "storm"
    remarks: ClassVar[dict[Invariant, str]] = {
        Invariant.SERVED: "within the sum of the budgets of what was broken at the same time",
        Invariant.NO_TRACE: "what members hold must not grow over the rounds either",
    }

    def __init__(self, session: Session, cluster: Cluster, drawn: Round) -> None:
        super().__init__(cluster, case_of(session, cluster, drawn.steps[0]))
        self.round = drawn
        self._budgets = [0.0]  # of the faults since the cluster was last whole; the last one counts now
        self._sums: list[str] = []
        self._may_lose = False

    @property
    def fault(self) -> str:
        """All of its faults."""
        return " + ".join(step.fault for step in self.round.steps)

    @property
    def name(self) -> str:
        """With the round's number."""
        return f"{self.round.number:4} {self.cluster.label} {self.fault}"

    @property
    def folder(self) -> str:
        """The round's number and the service: folders are in the order of the rounds."""
        return f"{self.round.number:04}-{file_name(self.cluster.label)}"

    @property
    def touches_proxies(self) -> bool:
        """Whether it breaks a host that other clusters' clients use too."""
        own = {SAME, *names(self.cluster.service), *(host.name for host in self.cluster.members)}
        return any(step.target not in own for step in self.round.steps)

    def plan(self, run: Experiment) -> Plan:
        """Plan the first fault; those that follow are planned when their moments come."""
        first = Injection(run.session, self.cluster, self.case, run.id, run.step)
        shared = EXCLUSIVE if self.touches_proxies else SHARED
        fault, lines = first.guard(), (str(self.round),)
        return Plan(first.host.name, first.role, None, first, fault, lease_s=LEASE_SECONDS, shared=shared, lines=lines)

    @contextmanager
    def broken(self, run: Experiment, plan: Plan) -> Iterator[None]:
        """Make the first fault; steps that wait for its healing follow when the block is left."""
        first, fault = plan.broken()
        steps = self.round.steps
        first.guard_again()
        with self._there(run, first, fault):
            yield
        if len(steps) > 1 and steps[1].after not in DURING:
            self._follow(run, steps[1:], first, run.moments["heal"])

    def watch(self, run: Experiment, plan: Plan) -> None:
        """Make the steps that come while the first fault is there; then wait until clients are served again."""
        first, fault = plan.broken()
        made, (step, *rest) = time.monotonic(), self.round.steps
        if rest and rest[0].after in DURING:
            self._follow(run, rest, first, run.moments["inject"])
        pause(made + step.hold_s - time.monotonic())
        self._recover(run, first, fault)
        first.still_there(fault)

    def may_lose(self, plan: Plan) -> bool:
        """Whether one of its faults may lose writes."""
        return self._may_lose

    def allowed(self, lane: str, plan: Plan) -> Allowed:
        """The largest sum of budgets between two moments at which the cluster was whole."""
        return Allowed(max(self._budgets), "; ".join(self._sums))

    @contextmanager
    def _there(self, run: Experiment, injection: Injection, fault: Fault) -> Iterator[None]:
        """Make a fault, and note when it was healed: the last healing of the round counts."""
        seconds = self._allow(run, injection, fault)
        run.live.step(6, f"+ {fault.name}")
        try:
            with run.injected(injection, fault, seconds + LEASE_SECONDS / 2):
                yield
        finally:
            run.moments["heal"] = time.monotonic()
            if injection.experiment != run.id and injection.entry is not None:
                injection.forget(injection.entry)

    def _follow(self, run: Experiment, steps: Sequence[Step], before: Injection, since: float) -> None:
        """Make the next step at its moment. One that cannot be made then is a note, and breaks no promise."""
        step = steps[0]
        try:
            self._await(run, step, since)
            case = case_of(run.session, self.cluster, step, before.host.name)
            cluster = cluster_of(run.session.inventory, run.session.remote, case.service, case.cluster)
            run.ids.append(uuid.uuid4().hex[:12])
            injection = Injection(run.session, cluster, case, run.ids[-1], lambda *_: None)
            fault = injection.guard(overlap=True)
        except expected() as error:
            _not_made(run, steps, error)
            return
        try:
            self._make(run, steps, injection, fault)
        except expected() as error:
            if injection.proof:
                raise
            _not_made(run, steps, error)

    def _make(self, run: Experiment, steps: Sequence[Step], injection: Injection, fault: Fault) -> None:
        """Make one step, those that come while its fault is there, and those that come after it."""
        step, rest, begun = steps[0], steps[1:], time.monotonic()
        with self._there(run, injection, fault):
            made = time.monotonic()
            if rest and rest[0].after in DURING:
                self._follow(run, rest, injection, begun)
                rest = ()
            pause(made + step.hold_s - time.monotonic())
            injection.still_there(fault)
        if rest:
            self._follow(run, rest, injection, run.moments["heal"])

    def _await(self, run: Experiment, step: Step, since: float) -> None:
        """Wait for a step's moment, and its delay. An event that does not come in time is a note."""
        if step.after == "whole":
            eventually(f"a whole cluster before {step}", run.why_not_healthy, Deadline(CONVERGE_SECONDS))
            self._budgets.append(0.0)
        elif step.after not in ("inject", "heal"):
            try:
                eventually(
                    f"the cluster to {step.after}",
                    lambda: None if run.timeline.first(step.after, since) else "not yet",
                    Deadline(self._budgets[-1]),
                )
            except OverdueError as error:
                run.result.notes.append(f"{step}: {error}")
        pause(step.delay_s)

    def _recover(self, run: Experiment, injection: Injection, fault: Fault) -> None:
        """Wait until clients are served again while the first fault is still there, or far over budget."""
        since, budget = time.monotonic(), self._budgets[-1]
        recovery = Recovery(fault, run.workload, run.timeline, run.moments["inject"], budget)
        try:
            eventually(
                "clients to be served again",
                lambda: recovery.why_not_served(since),
                Deadline(budget + OVERTIME_SECONDS),
            )
        except OverdueError as error:
            run.fails(f"never recovered: {error}")
            run.ask_why(injection.host.name)

    def _allow(self, run: Experiment, injection: Injection, fault: Fault) -> float:
        """Add a fault's budget to the outage that is allowed until the cluster is whole again. Returns its seconds."""
        budget = injection.cluster.budget(fault.kind, injection.role)
        self._budgets[-1] += budget.seconds
        self._sums.append(f"{fault.name}: {budget}")
        self._may_lose |= self.may_lose_with(fault, injection.role)
        run.allow(max(self._budgets), "; ".join(self._sums))
        run.live.budget = self._budgets[-1]
        return budget.seconds


def _not_made(run: Experiment, steps: Sequence[Step], reason: Exception) -> None:
    """Note that a step could not be made, and with it those that wait for it."""
    run.result.notes += [f"not made: {step}: {reason}" for step in steps]


def case_of(session: Session, cluster: Cluster, step: Step, same: str = "") -> Case:
    """A step as a case: on a role or a host of the cluster, on the `same` host, or on a proxy before the cluster."""
    if step.target in names(cluster.service):
        return Case(cluster.service, step.fault, role=step.target, cluster=cluster.name)
    host = session.inventory.host(same if step.target == SAME else step.target)
    if host in cluster.members:
        return Case(cluster.service, step.fault, host=host.name, cluster=cluster.name)
    # A proxy, in the cluster that is before this one.
    about = cluster.inventory.cluster_with(host, front_services(cluster.service))
    return Case(about.service, step.fault, host=host.name, cluster="" if about.only else about.name)
