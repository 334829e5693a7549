"""The ten steps of a drill."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from hadrill.diagnosis import Facts
from hadrill.drill.breakage import Breakage
from hadrill.drill.case import Case
from hadrill.drill.errors import DegradedError, InconclusiveError, UnavailableError
from hadrill.drill.evidence import keep_evidence, keep_facts, keep_result
from hadrill.drill.judge import judge
from hadrill.drill.leading import make_leader
from hadrill.drill.live import Live
from hadrill.drill.measure import measure, read_back
from hadrill.drill.objective import objective_of
from hadrill.drill.observer import Observer
from hadrill.drill.plan import planned
from hadrill.drill.preflight import Preflight, diagnose_failure, unhealthy, wait_healthy
from hadrill.drill.record import Record
from hadrill.drill.recovery import HOLD_SECONDS, OVERTIME_SECONDS, Recovery
from hadrill.drill.result import INCONCLUSIVE, UNAVAILABLE, Result
from hadrill.drill.session import Session
from hadrill.faults import PLANNED, Fault
from hadrill.faults.power import PowerError
from hadrill.inventory import Host
from hadrill.remote import RemoteError
from hadrill.safety.journal import entries
from hadrill.safety.lease import LeaseHeldError
from hadrill.safety.signals import end_if_asked
from hadrill.services.asking import FAILURES
from hadrill.services.cluster import Cluster
from hadrill.timing import Budget, Deadline, OverdueError, Timeline, eventually
from hadrill.workload import Workload
from hadrill.workload.invariants import split_brain, went_back

STEADY_SECONDS = 30.0
CONVERGE_SECONDS = 180.0
REASONS = (InconclusiveError, LeaseHeldError, PowerError, RemoteError, OverdueError, LookupError, *FAILURES)


class Drill:
    """One case, run once. `lead`: its host is made the leader first."""

    def __init__(self, session: Session, cluster: Cluster, case: Case, *, lead: bool = False) -> None:
        self.session, self.cluster, self.case = session, cluster, case
        self.id = uuid.uuid4().hex[:12]
        self.ids = [self.id]  # under which names anything of it may lie on hosts
        self.folder = session.folder / f"{case.service}-{case}-{self.id}"
        self.result = Result(self.id, case.service, case.host, case.role, case.fault)
        self.timeline = Timeline()
        self.moments: dict[str, float] = {}
        self._lead = lead
        self.problems: list[str] = []
        self._preflight: Preflight | None = None
        self._was_whole = True
        self._facts: Facts | None = None
        self._weakness = ""
        self._back = ""  # how reads went back, where they did
        self._live = Live(session.say, f"{case.service} {case}")

    def run(self) -> Result:
        """All ten steps. What a drill may meet is never raised: it is an inconclusive result with its reason.

        Raises KeyboardInterrupt where the run is asked to end: after healing, and after its result is kept.
        """
        begun, self.result.began = time.monotonic(), round(time.time(), 3)
        try:
            self._run()
        except UnavailableError as error:
            self.result.verdict, self.result.cause = UNAVAILABLE, str(error)
        except REASONS as error:
            self.result.verdict, self.result.cause = INCONCLUSIVE, str(error) or type(error).__name__
            # Nobody leads, nobody says who, or members are away: there is a reason for that too.
            if isinstance(error, LookupError | DegradedError):
                error = unhealthy(self.cluster, error)
                self.result.cause = str(error)
            if isinstance(error, InconclusiveError) and error.facts is not None:
                keep_facts(self.folder, error.facts, self.session.inventory.credentials.values())
        except KeyboardInterrupt:
            left = [f"{each.fault} on {each.host}" for each in entries() if each.drill in self.ids]
            undone = f"not undone: {', '.join(left)}" if left else "what it broke is undone"
            self.result.verdict, self.result.cause = INCONCLUSIVE, f"interrupted; {undone}"
            self._keep(begun)
            raise
        finally:
            self._live.end(self.result.verdict)
        self._keep(begun)
        end_if_asked()
        return self.result

    def _keep(self, begun: float) -> None:
        self.result.wall_s = round(time.monotonic() - begun, 2)
        if "converged" in self.moments:
            breaking = self.moments["converged"] - self.moments["inject"]
            self.result.overhead_s = round(self.result.wall_s - breaking, 2)
            self.result.converged_s = round(self.moments["converged"] - self.moments["heal"], 2)
        keep_result(self.folder, self.result, self.session.inventory.credentials.values())

    def plan(self) -> str:
        """What run() would do, in a few lines. Only asks, touches nothing. Raises what run() would refuse with."""
        return planned(Breakage(self.session, self.cluster, self.case, self.id, lambda *_: None))

    def _step(self, number: int, name: str) -> None:
        self.moments.setdefault(name, time.monotonic())
        self.timeline.add("drill", f"step {number} {name}")
        self._live.step(number, name)

    def _run(self) -> None:
        if self._lead:
            make_leader(self.cluster, self.session.inventory.host(self.case.host))
        self._step(1, "guard")
        breakage = Breakage(self.session, self.cluster, self.case, self.id, self._step)
        self.result.node, self.result.role = breakage.host.name, breakage.role
        fault = breakage.guard()
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

    def _leading(self, breakage: Breakage) -> Host:
        """The member that is to lead where that is decided with the place: the broken one, if it is to be a leader."""
        if breakage.role == self.cluster.roles[0]:
            return breakage.host
        return next(host for host in self.cluster.members if host != breakage.host)

    def _measure(self) -> None:
        """Numbers from the history, whether two led at once, and whether reads went back."""
        measure(self.result, self.workload, self.timeline, self.moments)
        operations = self.workload.history.operations()
        if self.cluster.single_leader and (both := split_brain(operations)):
            self.problems.append(both)
        self._back = went_back(operations, self.cluster.shown_by)

    def _verdict(self, problems: list[str], *, may_lose: bool) -> None:
        """Judge, ask why where it failed, and keep everything."""
        self._step(9, "verdict")
        if self._back:
            # What may be lost may have been read before.
            (self.result.notes if may_lose else problems).append(self._back)
        why = judge(self.result, self.cluster, objective_of(self.cluster), problems, may_lose=may_lose)
        if why and not self.result.causes and not self._weakness:
            self._facts = diagnose_failure(self.result, self.cluster, self.moments["inject"])
        keep_evidence(self._record())

    def _record(self) -> Record:
        return Record(
            self.folder,
            self.result,
            self.cluster,
            self.session.remote,
            self.session.inventory.credentials.values(),
            [lane.name for lane in self.workload.lanes],
            self.workload.history,
            self.observer.spans,
            self.timeline.events,
            self.moments,
            self._facts,
        )

    @contextmanager
    def _place(self, leader: Host) -> Iterator[None]:
        """A whole cluster, and in it a place for the workload to write to, which is removed afterwards."""
        if self.session.force:
            self._was_whole = self.cluster.unhealthy() is None
        else:
            wait_healthy(self.cluster)
            self._preflight = Preflight(self.cluster)
        self.cluster.prepare(self.id, leader)
        try:
            yield
        finally:
            try:
                self.cluster.clean(self.id)
            except FAILURES as error:
                self.result.notes.append(f"what the workload wrote is still there: {error}")

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Observers of every member, and clients at the entry point that are served without a failure."""
        lanes, rate = self.cluster.lanes(self.id), self.session.rate * self.cluster.rate_share
        with (
            Observer(self.cluster, self.timeline) as self.observer,
            Workload(self.id, lanes, rate) as self.workload,
        ):
            self._live.watch(self.workload.history)
            since, deadline = time.monotonic(), Deadline(STEADY_SECONDS)
            eventually("every member to answer", self.observer.blind, deadline)
            eventually("a steady workload before the fault", lambda: self.workload.unsteady(since), deadline)
            if self._preflight is not None:
                self._preflight.check()
            yield

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

    def _converge(self) -> None:
        deadline = Deadline(CONVERGE_SECONDS)
        try:
            # What was not whole before, and was drilled by force, cannot be; its members are back all the same.
            back = self.cluster.unhealthy if self._was_whole else self.observer.blind
            eventually(f"{self.case.service} to be whole again", back, deadline)
            healed = self.moments["heal"]
            eventually("a steady workload at the end", lambda: self.workload.unsteady(healed), deadline)
        except OverdueError as error:
            self.problems.append(f"not whole after healing: {error}")
        self.moments["converged"] = time.monotonic()
