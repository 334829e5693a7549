"""Clients at work on a whole cluster while something is done to it: what every kind of drill shares."""

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from hadrill.diagnosis import Facts
from hadrill.drill.breakage import Breakage
from hadrill.drill.case import Case
from hadrill.drill.errors import DegradedError, InconclusiveError, UnavailableError
from hadrill.drill.evidence import keep_error, keep_evidence, keep_facts, keep_result
from hadrill.drill.judge import judge
from hadrill.drill.live import Live
from hadrill.drill.measure import measure
from hadrill.drill.objective import objective_of
from hadrill.drill.observer import Observer
from hadrill.drill.others_data import OthersData
from hadrill.drill.preflight import Preflight, diagnose_failure, unhealthy, wait_healthy
from hadrill.drill.record import Record
from hadrill.drill.result import ERROR, FAILED, INCONCLUSIVE, UNAVAILABLE, Result
from hadrill.drill.session import Session
from hadrill.faults.power import PowerError
from hadrill.inventory import Host
from hadrill.remote import RemoteError
from hadrill.safety.journal import entries
from hadrill.safety.lease import LeaseHeldError
from hadrill.safety.signals import end_if_asked
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster
from hadrill.services.errors import NoLeaderError
from hadrill.timing import Deadline, OverdueError, Timeline, eventually
from hadrill.workload import Workload
from hadrill.workload.invariants import split_brain, went_back

STEADY_SECONDS = 30.0
CONVERGE_SECONDS = 180.0


def reasons() -> tuple[type[Exception], ...]:
    """What a drill may meet; anything else is a bug of hadrill's own."""
    return failures(InconclusiveError, LeaseHeldError, PowerError, RemoteError, OverdueError)


class Trial(ABC):
    """One case, run once; what is done, and when, is for the kind of drill to say."""

    def __init__(self, session: Session, cluster: Cluster, case: Case) -> None:
        self.session, self.cluster, self.case = session, cluster, case
        self.id = uuid.uuid4().hex[:12]
        self.ids = [self.id]  # under which names anything of it may lie on hosts
        self.folder = session.folder / f"{case.service}-{case}-{self.id}"
        self.result = Result(self.id, case.service, case.host, case.role, case.fault)
        self.timeline = Timeline()
        self.moments: dict[str, float] = {}
        self.problems: list[str] = []
        self._preflight: Preflight | None = None
        self._was_whole = True
        self._facts: Facts | None = None
        self._weakness = ""
        self._back = ""  # how reads went back, where they did
        self._live = Live(session.say, f"{case.service} {case}")
        self._others = OthersData(cluster, self.result)

    def run(self) -> Result:
        """All its steps. What a drill may meet is never raised: it is an inconclusive result with its reason.

        Raises KeyboardInterrupt where the run is asked to end: after healing, and after its result is kept.
        """
        begun, self.result.began = time.monotonic(), round(time.time(), 3)
        try:
            self._run()
        except UnavailableError as error:
            self.result.verdict, self.result.cause = UNAVAILABLE, str(error)
        except reasons() as error:
            self.result.verdict, self.result.cause = INCONCLUSIVE, str(error) or type(error).__name__
            # Nobody leads, nobody says who, or members are away: there is a reason for that too.
            if isinstance(error, NoLeaderError | DegradedError):
                error = unhealthy(self.cluster, error)
                self.result.cause = str(error)
            if isinstance(error, InconclusiveError) and error.facts is not None:
                keep_facts(self.folder, error.facts, self.session.inventory.credentials.values())
            if self._others.problem:
                # Whatever else could not be said: this is so.
                self.result.verdict, self.result.cause = FAILED, f"{self._others.problem}; {self.result.cause}"
        except Exception as error:  # noqa: BLE001 - whatever else is raised is a bug, and must end in a report
            self.result.verdict = ERROR
            self.result.cause = keep_error(self.folder, error, self.session.inventory.credentials.values())
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

    @abstractmethod
    def _run(self) -> None:
        """All steps. What it may raise is in reasons(), or an end that was asked for."""

    def _keep(self, begun: float) -> None:
        self.result.wall_s = round(time.monotonic() - begun, 2)
        if "converged" in self.moments:
            breaking = self.moments["converged"] - self.moments["inject"]
            self.result.overhead_s = round(self.result.wall_s - breaking, 2)
            self.result.converged_s = round(self.moments["converged"] - self.moments["heal"], 2)
        keep_result(self.folder, self.result, self.session.inventory.credentials.values())

    def _step(self, number: int, name: str) -> None:
        self.moments.setdefault(name, time.monotonic())
        self.timeline.add("drill", f"step {number} {name}")
        self._live.step(number, name)

    def _leading(self, breakage: Breakage) -> Host:
        """The member that is to lead where that is decided with the place: the broken one, if it is to be a leader."""
        if breakage.role == self.cluster.roles[0]:
            return breakage.host
        return next(host for host in self.cluster.members if host != breakage.host)

    @contextmanager
    def _place(self, leader: Host) -> Iterator[None]:
        """A whole cluster, and in it a place for the workload to write to, which is removed afterwards."""
        if self.session.force:
            self._was_whole = self.cluster.unhealthy() is None
        else:
            wait_healthy(self.cluster)
            self._preflight = Preflight(self.cluster)
        self._others.before()
        self.cluster.prepare(self.id, leader)
        try:
            yield
        finally:
            try:
                self.cluster.clean(self.id)
            except failures() as error:
                self.result.notes.append(f"what the workload wrote is still there: {error}")
            self._others.after()

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
            self._others.steady()
            yield

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
        problems = [*filter(None, [self._others.problem]), *problems]
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
