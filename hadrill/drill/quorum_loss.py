"""The majority of a cluster is gone: it must refuse writes, not lose them, and go on when enough members returned."""

import time
import uuid

from hadrill.drill.breakage import Breakage
from hadrill.drill.case import Case
from hadrill.drill.evidence import keep_evidence
from hadrill.drill.judge import judge
from hadrill.drill.live import Live
from hadrill.drill.measure import measure, read_back
from hadrill.drill.recovery import HOLD_SECONDS, OVERTIME_SECONDS
from hadrill.drill.session import Session
from hadrill.drill.trial import Trial
from hadrill.faults import Fault
from hadrill.services.cluster import Cluster
from hadrill.timing import Budget, Deadline, OverdueError, Part, budget, eventually
from hadrill.workload import OK

REFUSING_SECONDS = 10.0
"""For so long not one write may be acknowledged: longer than any member needs to notice that it is alone."""
BOOT_SECONDS = 30.0
"""A machine boots and its service starts, on the slowest hardware that counts."""


class QuorumLoss(Trial):
    """Power off the leading member and one more, in that order; power on the second, then the first."""

    def __init__(self, session: Session, cluster: Cluster) -> None:
        super().__init__(session, cluster, Case(cluster.service, "power-off", cluster.roles[0]))
        self.result.fault = "quorum-loss"
        self._live = Live(session.say, f"{cluster.service} quorum-loss")

    def plan(self) -> str:
        """What run() would do, in a few lines. Only asks, touches nothing. Raises what run() would refuse with."""
        first, second = self._both()
        fault = first.guard()
        back = "both are" if self.cluster.resumes_whole else f"{second.host} is"
        return "\n".join(
            [
                f"{self.case.service} quorum-loss on {first.host}, then {second.host}",
                f"    guard   {first.arithmetic()}; then one more, on purpose",
                f"    budget  {self._allowed(fault)}, counted from the moment when {back} back",
                f"    inject  power off {first.host}, then {second.host}; no write may be acknowledged then",
                f"    undo    power on {second.host}, then {first.host}, by the driver",
            ]
        )

    def _both(self) -> tuple[Breakage, Breakage]:
        first = Breakage(self.session, self.cluster, self.case, self.id, self._step)
        other = next(host for host in self.cluster.voters(first.host) if host != first.host)
        case = Case(self.case.service, "power-off", host=other.name)
        return first, Breakage(self.session, self.cluster, case, uuid.uuid4().hex[:12], lambda *_: None)

    def _allowed(self, fault: Fault) -> Budget:
        live = self.cluster.budget(fault.kind, self.cluster.roles[0])
        return budget([Part("boot", BOOT_SECONDS, "a machine and its service start"), *live.parts], live.multiplier)

    def _run(self) -> None:
        self._step(1, "guard")
        first, second = self._both()
        self.result.node, self.result.role = f"{first.host}+{second.host}", "majority"
        # Both are asked one by one: each alone would be allowed, and the cluster is whole.
        fault, _ = first.guard(), second.guard()
        allowed = self._allowed(fault)
        self.result.budget_s, self.result.budget = round(allowed.seconds, 2), str(allowed)
        self._live.budget = allowed.seconds
        self._step(2, "lease")
        with first.leased(fault, 2 * allowed.seconds):
            self._step(3, "steady state")
            with self._place(first.host):
                self._lose(first, second, allowed)
                read_back(self.result, self.cluster, self.workload)
            self._step(9, "verdict")
            problems = [*filter(None, [self._others.problem]), *self.problems, *first.problems, *second.problems]
            may_lose = self.cluster.may_lose(fault.kind, self.result.role)
            judge(self.result, self.cluster, None, problems, may_lose=may_lose)
            keep_evidence(self._record())

    def _lose(self, first: Breakage, second: Breakage, allowed: Budget) -> None:
        with self._working():
            seconds = 2 * allowed.seconds + OVERTIME_SECONDS
            with first.broken(first.guard(), seconds):
                with second.broken(second.guard(quorum_loss=True), seconds) as entry:
                    self._step(6, "watch")
                    self._refuses(allowed)
                    self._goes_on(allowed)
                second.forget(entry)
                self.timeline.add("drill", f"{second.host} is back")
                # What is judged begins when enough members are there again.
                self.moments["inject"] = time.monotonic()
                if not self.cluster.resumes_whole:
                    self._resumes(f"writes with {second.host} back", allowed)
            if self.cluster.resumes_whole:
                self.moments["inject"] = self.moments["heal"] = time.monotonic()
                self._resumes("writes with every member back", allowed)
            self._converge()
            self._step(8, "read back")
        measure(self.result, self.workload, self.timeline, self.moments, since=self.moments["inject"])

    def _refuses(self, allowed: Budget) -> None:
        def writes() -> str | None:
            recent = self.workload.history.operations(since=time.monotonic() - REFUSING_SECONDS)
            acknowledged = [each for each in recent if each.writes and each.outcome == OK]
            return f"{len(acknowledged)} writes acknowledged in {REFUSING_SECONDS:g} s" if acknowledged else None

        try:
            eventually("writes to be refused without a majority", writes, Deadline(allowed.seconds))
        except OverdueError as error:
            self.problems.append(f"writes go on without a majority: {error}")

    def _goes_on(self, allowed: Budget) -> None:
        """What needs no majority is served all the while, once clients are led past the members that are gone."""
        history = self.workload.history

        def silent() -> str | None:
            since = time.monotonic() - HOLD_SECONDS
            for lane in self.cluster.goes_on:
                done = [each for each in history.operations(lane, since=since) if each.start >= since]
                failed = [each for each in done if each.outcome != OK]
                if failed or not done:
                    return f"{lane}: {len(failed)} of {len(done)} failed in {HOLD_SECONDS:g} s"
            return None

        try:
            eventually("what needs no majority to be served", silent, Deadline(allowed.seconds))
        except OverdueError as error:
            self.problems.append(f"stopped with the majority: {error}")

    def _resumes(self, description: str, allowed: Budget) -> None:
        returned = self.moments["inject"]
        try:
            eventually(description, lambda: self.workload.unsteady(returned), Deadline(allowed.seconds))
        except OverdueError as error:
            self.problems.append(f"never recovered: {error}")
