"""The majority of a cluster is gone: it must refuse writes, not lose them, and go on when enough members returned."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from hadrill.drill.case import Case
from hadrill.drill.errors import UnavailableError
from hadrill.drill.injection import Injection
from hadrill.drill.recovery import HOLD_SECONDS, OVERTIME_SECONDS
from hadrill.drill.scenarios.scenario import Plan, Scenario
from hadrill.inventory.settings import Objective
from hadrill.services.abilities import electorate_of
from hadrill.services.member_roles import usual
from hadrill.timing import Budget, Deadline, OverdueError, Part, budget, eventually
from hadrill.workload import OK, Invariant

if TYPE_CHECKING:
    from hadrill.drill.experiment import Experiment
    from hadrill.faults import Fault
    from hadrill.services.cluster import Cluster

REFUSING_SECONDS = 10.0
"""No write may be acknowledged for this time: it is longer than any member needs to notice that it is alone."""
BOOT_SECONDS = 30.0
"""A machine boots and its service starts, on the slowest hardware that counts."""


class QuorumLoss(Scenario):
    """Power off the leading member and one more, in that order; power on the second, then the first."""

    title: ClassVar[str] = "quorum loss"
    remarks: ClassVar[dict[Invariant, str]] = {
        Invariant.SERVED: "counted from the moment when enough members are back; `slo.rto` is not about it",
    }

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, Case(cluster.service, "power-off", usual(cluster.service), cluster=cluster.name))

    @property
    def fault(self) -> str:
        """The scenario's own name: it makes two faults of one kind."""
        return "quorum-loss"

    @property
    def name(self) -> str:
        """The service and the scenario's name; no role, as two members are broken."""
        return f"{self.cluster.label} {self.fault}"

    def plan(self, run: Experiment) -> Plan:
        """Plan the loss of the leader, and of another member that votes with it."""
        first = Injection(run.session, self.cluster, self.case, run.id, run.step)
        voting = electorate_of(self.cluster, first.host)
        others = {host: votes for host, votes in voting.votes.items() if host != first.host}
        if not others:
            raise UnavailableError(f"no loss of two members: {first.host} is the only one")
        other = max(others, key=lambda host: others[host])
        if (left := sum(others.values()) - others[other]) >= voting.needed:
            gone = f"{left} votes are left without {first.host} and {other}, and {voting.needed} are enough"
            raise UnavailableError(f"no loss of two members takes the majority: {gone}")
        case = Case(self.case.service, "power-off", host=other.name, cluster=self.case.cluster)
        second = Injection(run.session, self.cluster, case, uuid.uuid4().hex[:12], lambda *_: None)
        run.ids.append(second.experiment)
        # Each is guarded by itself: each alone is allowed, and the cluster is whole.
        fault, _ = first.guard(), second.guard(gone=[first.host])
        allowed = self._allowed(fault)
        back = "both are" if self.cluster.traits.resumes_whole else f"{second.host} is"
        role = "majority"
        return Plan(
            f"{first.host}+{second.host}",
            role,
            allowed,
            first,
            fault,
            second=second,
            lease_s=2 * allowed.seconds,
            may_lose=self.may_lose_with(fault, role),
            lines=(
                f"{self.cluster.label} quorum-loss on {first.host}, then {second.host}",
                f"    guard   {first.arithmetic()}; then one more, on purpose",
                f"    budget  {allowed}, counted from the moment when {back} back",
                f"    inject  power off {first.host}, then {second.host}; no write may be acknowledged then",
                f"    undo    power on {second.host}, then {first.host}, by the driver",
            ),
        )

    def _allowed(self, fault: Fault) -> Budget:
        live = self.cluster.budget(fault.kind, usual(self.cluster.service))
        return budget([Part("boot", BOOT_SECONDS, "a machine and its service start"), *live.parts], live.multiplier)

    @contextmanager
    def broken(self, run: Experiment, plan: Plan) -> Iterator[None]:
        """Break both members and heal them; what is judged begins when enough members are back."""
        (first, second), allowed = plan.pair(), plan.parts()[2]
        seconds = 2 * allowed.seconds + OVERTIME_SECONDS
        with run.injected(first, first.guard_again(), seconds):
            try:
                with run.injected(second, second.guard(quorum_loss=True, gone=[first.host]), seconds):
                    yield
            finally:
                if second.entry is not None:
                    second.forget(second.entry)
            run.timeline.add("drill", f"{second.host} is back")
            run.count_from_now()
            if not self.cluster.traits.resumes_whole:
                self._resumes(run, f"writes with {second.host} back", allowed)
        if self.cluster.traits.resumes_whole:
            run.count_from_now()
            run.moments["heal"] = run.since
            self._resumes(run, "writes with every member back", allowed)

    def watch(self, run: Experiment, plan: Plan) -> None:
        """Wait until no write is acknowledged any more, and see that what needs no majority goes on."""
        _, _, allowed = plan.parts()
        self._refuses(run, allowed)
        self._goes_on(run, allowed)

    def objective(self) -> Objective | None:
        """The promise about lost writes alone: none is made about the time in which two machines boot."""
        promised = super().objective()
        return None if promised is None else promised.model_copy(update={"rto": None})

    def _refuses(self, run: Experiment, allowed: Budget) -> None:
        def writes() -> str | None:
            recent = run.workload.history.operations(since=time.monotonic() - REFUSING_SECONDS)
            acknowledged = sum(operation.writes and operation.outcome == OK for operation in recent)
            return f"{acknowledged} writes acknowledged in {REFUSING_SECONDS:g} s" if acknowledged else None

        try:
            eventually("writes to be refused without a majority", writes, Deadline(allowed.seconds))
        except OverdueError as error:
            run.fails(f"writes go on without a majority: {error}")

    def _goes_on(self, run: Experiment, allowed: Budget) -> None:
        """See that what needs no majority is served, once clients are led past the members that are gone."""
        history = run.workload.history

        def silent() -> str | None:
            since = time.monotonic() - HOLD_SECONDS
            for lane in self.cluster.traits.goes_on:
                done = [operation for operation in history.operations(lane, since=since) if operation.start >= since]
                failed = sum(operation.outcome != OK for operation in done)
                if failed or not done:
                    return f"{lane}: {failed} of {len(done)} failed in {HOLD_SECONDS:g} s"
            return None

        try:
            eventually("what needs no majority to be served", silent, Deadline(allowed.seconds))
        except OverdueError as error:
            run.fails(f"stopped with the majority: {error}")

    def _resumes(self, run: Experiment, description: str, allowed: Budget) -> None:
        try:
            eventually(description, lambda: run.workload.why_not_steady(run.since), Deadline(allowed.seconds))
        except OverdueError as error:
            run.fails(f"never recovered: {error}")
