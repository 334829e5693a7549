"""An experiment: the ten steps, whatever the scenario. What differs is asked of the scenario."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

from hadrill.diagnosis import Facts
from hadrill.drill.errors import DegradedError, InconclusiveError, UnavailableError
from hadrill.drill.evidence import Record, keep_error, keep_evidence, keep_facts, keep_result
from hadrill.drill.injection import Injection
from hadrill.drill.invariants import Observed, judge, left_behind
from hadrill.drill.live import Live
from hadrill.drill.measure import measure, read_back
from hadrill.drill.neighbours import Neighbours
from hadrill.drill.observer import Observer
from hadrill.drill.others_data import OthersData
from hadrill.drill.preflight import Preflight, asked_again, diagnose_failure, refusal, wait_healthy
from hadrill.drill.result import ERROR, FAILED, INCONCLUSIVE, PASSED, UNAVAILABLE, WHOLE, Problem, Result
from hadrill.drill.scenarios.scenario import Plan, Scenario
from hadrill.drill.session import Session
from hadrill.drill.verdict import Verdict
from hadrill.faults import Fault
from hadrill.faults.power import PowerError
from hadrill.inventory import Host
from hadrill.remote import RemoteError
from hadrill.safety.journal import Entry, entries
from hadrill.safety.lease import LeaseHeldError
from hadrill.safety.on_target import traces_of
from hadrill.safety.signals import end_if_asked
from hadrill.services.abilities import Probed
from hadrill.services.asking import failures
from hadrill.services.errors import NoLeaderError
from hadrill.services.place import Place, shown_by
from hadrill.timing import Deadline, OverdueError, Timeline, eventually
from hadrill.workload import Invariant, Workload

CONVERGE_SECONDS = 180.0


def expected() -> tuple[type[Exception], ...]:
    """What an experiment may meet. Anything else is a bug of hadrill's own."""
    return failures(InconclusiveError, LeaseHeldError, PowerError, RemoteError, OverdueError)


class Experiment:
    """One scenario, run once. The scenario's methods get the experiment as `run`."""

    def __init__(self, session: Session, scenario: Scenario, folder: str = "") -> None:
        self.session, self.scenario, self.cluster = session, scenario, scenario.cluster
        self.id = uuid.uuid4().hex[:12]
        self.ids = [self.id]
        """All ids under which something of it may lie on hosts."""
        self.folder = session.folder / f"{folder or scenario.folder}-{self.id}"
        case = scenario.case
        self.result = Result(self.id, case.service, case.host, case.role, scenario.fault, cluster=case.cluster)
        self.timeline = Timeline()
        self.moments: dict[str, float] = {}
        """When each step began, and when the cluster was whole again (`converged`), on the monotonic clock."""
        self.problems: list[Problem] = []
        """Problems that were met before the verdict: never served again, not whole again."""
        self.since = 0.0
        """Successes before this moment do not count: an outage that was made on purpose begins only then."""
        self.live = Live(session.say, scenario.name)
        self.place: Place
        self.workload: Workload
        self.observer: Observer
        self._others = OthersData(self.cluster, self.result)
        self._beside: tuple[Neighbours, ...] = ()
        self._was_whole = True
        self._facts: Facts | None = None
        self._missing: tuple[str, ...] = ()
        self._unread = ""
        """Why nobody can say what is missing. All else is judged all the same."""
        self._unhealed: list[str] = []
        self._left: tuple[str, ...] = ()
        self._preflight: Preflight | None = None

    def run(self) -> Result:
        """Make all steps. An expected error, or a bug of our own, is not raised: it is the result's verdict.

        Raises KeyboardInterrupt where the run is asked to end: after healing, and after its result is kept.
        """
        begun, self.result.began = time.monotonic(), round(time.time(), 3)
        try:
            self._ten_steps()
        except UnavailableError as error:
            self._ends_early(UNAVAILABLE, str(error))
        except expected() as error:
            self._ends_inconclusive(error)
        except Exception as error:  # noqa: BLE001 - whatever else is raised is a bug, and must end in a report
            self._ends_early(ERROR, keep_error(self.folder, error, self.session.inventory.credentials.values()))
        except KeyboardInterrupt:
            left = [f"{entry.fault} on {entry.host}" for entry in entries() if entry.experiment in self.ids]
            undone = f"not undone: {', '.join(left)}" if left else "what it broke is undone"
            self._ends_early(INCONCLUSIVE, f"interrupted; {undone}")
            self._keep(begun)
            raise
        finally:
            self.live.end(self.result.verdict)
        self._keep(begun)
        end_if_asked()
        return self.result

    def _ten_steps(self) -> None:
        """The whole experiment. Steps 7 and 10 happen whatever else happened."""
        scenario = self.scenario
        self.step(1, "guard")  # quorum, consent, data of others: refused with the sum, or planned
        plan = self._noted_plan(asked_again(self.plan))
        self.step(2, "lease")
        with self._leased(plan):
            # Who leads is changed here, and nowhere before.
            plan = self._noted_plan(asked_again(partial(scenario.arrange, self, plan)))
            self.step(3, "steady state")
            with self._place(scenario.leader(plan)):  # the cluster is whole; data of others is counted
                with scenario.clients(self), self._clients():  # every member answers, every client is served
                    with scenario.broken(self, plan):  # 4 journal, timer on the target, watchdog; 5 inject and prove
                        self.step(6, "watch")
                        scenario.watch(self, plan)
                    scenario.afterwards(self, plan)  # 7 healed when the block above was left
                    self._converge()
                    self.step(8, "read back")
                measure(self.result, self.workload, self.timeline, self.moments, self.since)
                self._read_back()
            self.step(9, "verdict")  # data of others was counted again when the place was removed
            self.judge(plan)
        # 10 released when the block above was left: what still lies on a host then is left behind.
        self._nothing_is_left()

    def step(self, number: int, name: str) -> None:
        """Note and show that a step begins."""
        self.moments.setdefault(name, time.monotonic())
        self.timeline.add("drill", f"step {number} {name}")
        self.live.step(number, name)

    def fails(self, what: str, *details: str, known: bool = False, about: str = "") -> None:
        """Add a problem: one line, and its details."""
        first, *more = what.splitlines()
        self.problems.append(Problem(first, (*more, *details), known=known, about=about))

    @contextmanager
    def injected(self, injection: Injection, fault: Fault, seconds: float) -> Iterator[Entry]:
        """Inject and prove a fault, for at most `seconds`; heal it after the block. One that stays is a problem."""
        try:
            with injection.broken(fault, seconds) as entry:
                self.result.faults += 1
                self.timeline.add("drill", f"{fault.name} on {injection.host} is there: {injection.proof}")
                yield entry
        finally:
            self._unhealed += injection.problems

    def count_from_now(self) -> None:
        """Judge only what comes from now on: the outage before was made on purpose."""
        self.since = self.moments["inject"] = time.monotonic()

    def ask_why(self, victim: str = "") -> None:
        """Ask the hosts for a cause while it lasts. `victim` is the host that was broken on purpose."""
        self._facts = diagnose_failure(self.result, self.cluster, self.moments["inject"], victim)

    def why_not_healthy(self) -> str | None:
        """Why the cluster, or the place that the workload writes to, is not whole; None where both are."""
        reason = self.cluster.why_not_healthy()
        if reason is None and self._beside:
            reason = self._beside[0].why_not_healthy()
        return self.place.why_not_healthy() if reason is None and isinstance(self.place, Probed) else reason

    def plan(self) -> Plan:
        """What run() would do. Only asks, touches nothing. Raises what run() would refuse with."""
        return self.scenario.plan(self)

    def _noted_plan(self, plan: Plan) -> Plan:
        self.result.node, self.result.role = plan.node, plan.role
        if plan.allowed is not None:
            self.allow(plan.allowed.seconds, str(plan.allowed))
        if plan.injection is not None and plan.injection.risk:
            self.result.notes = [*dict.fromkeys([*self.result.notes, f"by force: {plan.injection.risk}"])]
        return plan

    def allow(self, seconds: float, budget: str) -> None:
        """Set how long clients may be without service, and the sum that says so."""
        self.result.budget_s, self.result.budget = round(seconds, 2), budget
        self.live.budget = seconds

    @contextmanager
    def _leased(self, plan: Plan) -> Iterator[None]:
        """Lease the cluster's hosts, where the plan breaks anything. At the end look for what is left on them."""
        injection, fault = plan.injection, plan.fault
        self._beside = (injection.neighbours,) if injection is not None else ()
        try:
            with injection.leased(fault, plan.lease_s, plan.shared) if injection and fault else nullcontext():
                self.result.waited_s = round(injection.waited_s, 2) if injection else 0.0
                yield
        finally:
            self._left = self._traces()

    @contextmanager
    def _place(self, leader: Host) -> Iterator[None]:
        """Wait for a whole cluster, and make a place for the workload in it, which is removed afterwards."""
        if self.session.force:
            self._was_whole = self.cluster.why_not_healthy() is None
        else:
            for cluster in (self.cluster, *(other for beside in self._beside for other in beside.clusters)):
                wait_healthy(cluster, self.scenario.healthy_s)
            self._preflight = Preflight(self.cluster) if self.scenario.foretells else None
        self._others.also(other for beside in self._beside for other in beside.clusters)
        self._others.before(self.session.force)
        self.place = self.cluster.place(self.id, leader)
        try:
            self.place.make()
            yield
        finally:
            try:
                self.place.clean()
            except failures() as error:
                self.result.notes.append(f"what the workload wrote is still there: {error}")
            self._others.after()

    @contextmanager
    def _clients(self) -> Iterator[None]:
        """Start observers of every member, and clients at the entry point; wait until they are served steadily."""
        rate = self.session.rate * self.cluster.traits.rate_share
        self.workload = Workload(self.id, self.place.lanes, rate)
        self.observer = Observer(self.cluster, self.timeline, self.place if isinstance(self.place, Probed) else None)
        try:
            with self.observer, self.workload:
                self.live.watch(self.workload.history)
                since, deadline = time.monotonic(), Deadline(self.scenario.steady_s)
                eventually("every member to answer", self.observer.why_not_answering, deadline)
                eventually("a steady workload before the fault", lambda: self.workload.why_not_steady(since), deadline)
                if self._preflight is not None:
                    self._preflight.check()
                self._others.steady()
                yield
        except Exception:
            self._raise_bugs()  # what else was met may only follow from it
            raise
        self._raise_bugs()

    def _raise_bugs(self) -> None:
        """Raise what went wrong in a thread of the observer or of a client."""
        self.observer.raise_bugs()
        self.workload.raise_bugs()

    def _converge(self) -> None:
        healed = self.moments["heal"]
        deadline = Deadline(CONVERGE_SECONDS, start=healed)
        try:
            # What was not whole before, and was drilled by force, cannot be; its members are back all the same.
            back = self.why_not_healthy if self._was_whole else self.observer.why_not_answering
            eventually(f"{self.cluster.label} to be whole again", back, deadline)
            eventually("a steady workload at the end", lambda: self.workload.why_not_steady(healed), deadline)
        except OverdueError as error:
            self.fails(f"not whole after healing: {error}", about=WHOLE)
        self.moments["converged"] = time.monotonic()

    def _read_back(self) -> None:
        try:
            self._missing = read_back(self.result, self.place, self.workload)
        except expected() as error:
            self._unread = str(error) or type(error).__name__

    def judge(self, plan: Plan) -> None:
        """Judge every invariant on the whole history, give the verdict, ask why it failed, and keep the evidence."""
        judgement = judge(self.observed(plan))
        # What is missing of others' data is told first, then what was met on the way, then the other invariants.
        first = [problem for problem in judgement.problems if problem.invariant == Invariant.OTHERS_DATA]
        rest = [problem for problem in judgement.problems if problem.invariant != Invariant.OTHERS_DATA]
        self.result.problems = [*first, *self.problems, *map(Problem, self._unhealed), *rest]
        self.result.notes += judgement.notes
        self._judged()
        told = any(problem.known for problem in self.problems)
        if any(not problem.known for problem in self.result.problems) and not told and not self.result.causes:
            self.ask_why()
        with self._noted("the evidence"):
            keep_evidence(self._record())

    def _judged(self) -> None:
        problems, unsaid = self.result.problems, [*filter(None, (self._unread, self._others.unsaid))]
        verdict = FAILED if problems else INCONCLUSIVE if unsaid else PASSED
        self._ends(verdict, "; ".join([*(problem.what for problem in problems), *unsaid]))

    def observed(self, plan: Plan) -> Observed:
        """All that invariants are judged from."""
        return Observed(
            self.cluster,
            self.result,
            self.workload.history.operations(),
            self.workload.lanes,
            lambda lane: self.scenario.allowed(lane, plan),
            shown_by=lambda read: shown_by(self.place, read),
            since=self.moments["watch"],
            may_lose=self.scenario.may_lose(plan),
            objective=self.scenario.objective(),
            others=self._others.problem,
            missing=self._missing,
        )

    def _traces(self) -> tuple[str, ...]:
        """What of this experiment still lies on the cluster's hosts."""
        remote = self.session.remote
        own = (*self.cluster.members, *self.cluster.shared)
        hosts = dict.fromkeys([*own, *(host for beside in self._beside for host in beside.members)])
        left = []
        for host, traces in remote.everywhere(hosts, lambda host: traces_of(remote, host, self.ids)).items():
            if isinstance(traces, RemoteError):
                self.result.notes.append(f"not looked at for what is left: {traces}")
            else:
                left += [f"{host}: {trace}" for trace in traces]
        return tuple(left)

    def _nothing_is_left(self) -> None:
        """Judge the one invariant that can be judged only when everything is given back."""
        if self._left:
            self.result.problems.append(left_behind(self._left))
            self._judged()

    def _ends(self, verdict: Verdict, cause: str) -> None:
        self.result.verdict, self.result.cause = verdict, cause

    def _ends_early(self, verdict: Verdict, cause: str) -> None:
        """End before the verdict was reached. Problems that are known already are told, and make it a failure."""
        cause = "; ".join(filter(None, [cause, self._others.unsaid]))
        self._ends(verdict, cause)
        facts = self.result.problems or self._known()  # what was judged already has all of them
        facts += [left_behind(self._left)] if self._left else []
        if facts:
            self.result.problems = facts
            self._ends(FAILED if verdict is not ERROR else ERROR, "; ".join([*(fact.what for fact in facts), cause]))

    def _known(self) -> list[Problem]:
        """Problems that are known without judging the history, in the order in which they are told."""
        others = [Problem(self._others.problem, invariant=Invariant.OTHERS_DATA)] if self._others.problem else []
        return [*others, *self.problems, *map(Problem, self._unhealed)]

    def _ends_inconclusive(self, error: Exception) -> None:
        # Nobody leads, nobody says who, or members are away: there is a reason for that too.
        if isinstance(error, NoLeaderError | DegradedError):
            error = refusal(self.cluster, error)
        self._ends_early(INCONCLUSIVE, str(error) or type(error).__name__)
        if isinstance(error, InconclusiveError) and error.facts is not None:
            with self._noted("what the hosts said"):
                keep_facts(self.folder, error.facts, self.session.inventory.credentials.values())

    def _keep(self, begun: float) -> None:
        result, moments = self.result, self.moments
        result.wall_s = round(time.monotonic() - begun, 2)
        if "converged" in moments:
            breaking = moments["converged"] - moments["inject"]
            result.overhead_s = round(result.wall_s - breaking - result.waited_s, 2)
            result.converged_s = round(moments["converged"] - moments["heal"], 2)
        with self._noted("the result"):
            keep_result(self.folder, result, self.session.inventory.credentials.values())

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        """Note a file that cannot be written: that is a problem of this computer, and says nothing of the cluster."""
        try:
            yield
        except OSError as error:
            self.result.notes.append(f"{what} is not kept: {error}")

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
