"""One fault on one host."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from hadrill.drill.errors import UnavailableError
from hadrill.drill.injection import Injection
from hadrill.drill.leading import make_leader, why_not_led
from hadrill.drill.recovery import HOLD_SECONDS, OVERTIME_SECONDS, Recovery
from hadrill.drill.scenarios.scenario import Plan, Scenario
from hadrill.faults import PLANNED, Fault, is_host_wide
from hadrill.services.abilities import Exposed
from hadrill.timing import Budget, Deadline, OverdueError, eventually

if TYPE_CHECKING:
    from hadrill.drill.case import Case
    from hadrill.drill.experiment import Experiment
    from hadrill.services.cluster import Cluster


class SingleFault(Scenario):
    """Breaks one member and heals it. `lead`: it is made the leader first."""

    title: ClassVar[str] = "single fault"

    def __init__(self, cluster: Cluster, case: Case, *, lead: bool = False) -> None:
        super().__init__(cluster, case)
        self._lead = lead

    def plan(self, run: Experiment) -> Plan:
        """Plan the fault on a member in the role, or on the named one in the role that it has, or is to have first."""
        if self._lead and (reason := why_not_led(self.cluster, run.session.inventory.host(self.case.host))):
            raise UnavailableError(reason)
        return self._planned(Injection(run.session, self.cluster, self.case, run.id, run.step, lead=self._lead))

    def arrange(self, run: Experiment, plan: Plan) -> Plan:
        """Make the host the leader, where that is asked for."""
        if not self._lead:
            return plan
        injection, _ = plan.broken()
        make_leader(self.cluster, injection.host)
        return self._planned(injection)

    def _planned(self, injection: Injection) -> Plan:
        fault = injection.guard()
        budget = self.cluster.budget(fault.kind, injection.role)
        first = (f"    first   {injection.host} is made the {injection.role}, inside the lease",) if self._lead else ()
        return Plan(
            injection.host.name,
            injection.role,
            budget,
            injection,
            fault,
            lease_s=budget.seconds,
            may_lose=self.may_lose_with(fault, injection.role),
            lines=(*in_words(injection, fault, budget), *first),
        )

    @contextmanager
    def broken(self, run: Experiment, plan: Plan) -> Iterator[None]:
        """Make the fault; its timer on the target ends it far over budget."""
        injection, fault, budget = plan.parts()
        injection.guard_again()
        with run.injected(injection, fault, budget.seconds + OVERTIME_SECONDS):
            yield

    def watch(self, run: Experiment, plan: Plan) -> None:
        """Wait until clients are served again, or far over budget. A lasting fault must still be there then."""
        injection, fault, budget = plan.parts()
        proved, injected = time.monotonic(), run.moments["inject"]
        recovery = Recovery(fault, run.workload, run.timeline, injected, budget.seconds)
        deadline = Deadline(budget.seconds + OVERTIME_SECONDS, start=injected)
        late = ""
        try:
            eventually("clients to be served again", lambda: recovery.why_not_served(proved, HOLD_SECONDS), deadline)
        except OverdueError as error:
            late = f"never recovered: {error}"
        # Before it is asked why: that takes time, and the target's own timer goes on.
        injection.still_there(fault)
        if not late:
            return
        weakness = self.cluster.weakness(injection.host) if isinstance(self.cluster, Exposed) else ""
        if weakness:
            run.fails(weakness, known=True)
            run.fails(late, known=True)
        else:
            run.fails(late)
            run.ask_why(injection.host.name)


def in_words(injection: Injection, fault: Fault, budget: Budget) -> tuple[str, ...]:
    """A plan of one fault in lines: to whom, guard, budget, inject, undo."""
    undo = "power on by the driver" if fault.power else fault.heal
    made = fault.inject if fault.on_host else f"power {fault.power}" if fault.power else "a planned switchover"
    beside = injection.neighbours.sums(injection.host) if is_host_wide(fault.name) else ()
    return (
        f"{injection.cluster.label} {fault.name} on {injection.host} ({injection.role})",
        f"    guard   {injection.arithmetic() if fault.kind != PLANNED else 'nothing is taken away'}",
        *(f"    beside  {cluster.label}: {votes}" for cluster, votes in beside),
        f"    budget  {budget}",
        f"    inject  {made}",
        f"    undo    {undo if fault.kind != PLANNED else 'nothing to undo'}",
    )
