"""The ten steps without a lab: every invariant is judged in every scenario, and everything is always undone."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from hadrill.chaos import Round, Step
from hadrill.chaos.calm import Calm
from hadrill.chaos.storm import Storm
from hadrill.chaos.table import PAGE, SCENARIOS, written
from hadrill.drill import Case, Experiment, Session
from hadrill.drill import experiment as module
from hadrill.drill.errors import UnavailableError
from hadrill.drill.measure import measure
from hadrill.drill.result import Problem
from hadrill.drill.scenarios import Plan, QuorumLoss, Scenario, SingleFault, Switchover, single_fault
from hadrill.drill.scenarios.drain import Drain
from hadrill.drill.scenarios.node_loss import AgentLoss, ServerLoss
from hadrill.drill.verdict import Verdict
from hadrill.faults import STOP, Fault
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.cluster import Cluster as ServiceCluster
from hadrill.services.cluster import Traits
from hadrill.services.errors import BadAnswerError, NoLeaderError
from hadrill.services.kubernetes.workload import PAGES
from hadrill.services.member import Member
from hadrill.services.place import Place
from hadrill.timing import Budget, Deadline, Part, eventually
from hadrill.workload import DEFAULT_RATE, FAIL, OK, Answer, History, Invariant, Lane, Operation, Workload
from hadrill.workload.workload import STEADY_SECONDS

WRITES, READS = "write new 1", "read new 1"
ALLOWED = Budget((Part("part", 4.0, "made up"),))
START, INJECT, HEAL, END = 100.0, 110.0, 116.0, 125.0
STEP = 0.1


class Cluster(ServiceCluster):
    """A cluster that is whole, of which every invariant says something."""

    service = "redis"
    traits = Traits(peer_port=1, look_seconds=0.01)
    wrong = ""

    def __init__(self, inventory: Inventory) -> None:
        super().__init__(inventory, cast("Remote", None))
        self.kubernetes = SimpleNamespace(public_balancers=(), members=self.members)
        self.kept: set[str] = set()
        self.bug: Exception | None = None

    @property
    def members(self) -> tuple[Host, ...]:
        return tuple(host for host in self.inventory.hosts if host.name.startswith("redis-"))

    @property
    def shared(self) -> tuple[Host, ...]:
        return ()

    def why_not_healthy(self) -> str | None:
        return self.wrong or None

    def place(self, *_: object) -> "MemoryPlace":
        return MemoryPlace(self)

    def probe(self, _: Host) -> Callable[[], Member]:
        def ask() -> Member:
            if self.bug is not None:
                raise self.bug
            return Member("replica")

        return ask

    def budget(self, *_: object) -> Budget:
        return ALLOWED


class MemoryPlace(Place):
    """What clients wrote, as every member has it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @property
    def lanes(self) -> list[Lane]:
        return [
            Lane(kind, "new", 1, lambda: MemoryClient(self._cluster), lambda _: False) for kind in ("write", "read")
        ]

    @property
    def readers(self) -> tuple[Host, ...]:
        return self._cluster.members

    def make(self) -> None:
        """It is there."""

    def found(self, *_: object) -> set[str]:
        return set(self._cluster.kept)

    def clean(self) -> None:
        self._cluster.kept.clear()


class MemoryClient:
    """Keeps what it is given."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def write(self, key: str) -> Answer:
        self._cluster.kept.add(key)
        return Answer("a")

    def read(self) -> Answer:
        return Answer("a")

    def abort(self) -> None:
        """It never hangs."""

    def close(self) -> None:
        """Nothing is open."""


class NoHosts:
    """SSH to hosts on which nothing is left."""

    left: ClassVar[list[str]] = []

    def everywhere(self, hosts: Any, _: object) -> dict[Host, list[str]]:
        return {host: list(self.left) for host in hosts}


@pytest.fixture
def cluster(lab_inventory: Inventory) -> Cluster:
    return Cluster(lab_inventory)


@pytest.fixture
def session(lab_inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(module, "keep_evidence", lambda _: None)
    # As many operations as on a cluster, of clients in memory, and in a fifth of the time.
    monkeypatch.setattr(Workload.why_not_steady, "__defaults__", (STEADY_SECONDS / 5,))
    return Session(lab_inventory, cast("Remote", NoHosts()), tmp_path, force=True, rate=5 * DEFAULT_RATE)


def storm(session: Session, cluster: Any) -> Storm:
    made = Storm(session, cluster, Round(1, "redis", (Step("isolate", "master", "begin", 0.0, 0.0),)))
    made._budgets = [ALLOWED.seconds]
    return made


CASE = Case("redis", "isolate", "master")
MADE: dict[str, Callable[[Session, Any], Scenario]] = {
    "single fault": lambda _, cluster: SingleFault(cluster, CASE),
    "switchover": lambda _, cluster: Switchover(cluster, CASE),
    "quorum loss": lambda _, cluster: QuorumLoss(cluster),
    "node loss, server": lambda _, cluster: ServerLoss(cluster, None, "master"),
    "node loss, agent": lambda _, cluster: AgentLoss(cluster),
    "drain": lambda _, cluster: Drain(cluster),
    "storm": storm,
    "calm": lambda _, cluster: Calm(cluster, Round(1, "redis", (), 5.0)),
}


def served(server: Callable[[float], str] = lambda _: "a", value: Callable[[float], int] = int) -> list[Operation]:
    """Writes and reads that all succeed, from before the fault until long after it."""
    made = []
    for number in range(int((END - START) / STEP)):
        at = START + number * STEP
        made.append(Operation(f"k{number}", WRITES, at, at + 0.01, OK, server(at)))
        made.append(Operation(f"r{number}", READS, at, at + 0.01, OK, server(at), value=value(at)))
    return made


def unserved(made: list[Operation]) -> list[Operation]:
    """Nothing succeeds for longer than is allowed."""
    away = [one for one in made if INJECT + 0.5 < one.start < INJECT + 12.0]
    return [one for one in made if one not in away] + [
        Operation(one.key, one.lane, one.start, one.end, FAIL, error="no answer") for one in away
    ]


def judged(
    session: Session,
    cluster: Cluster,
    scenario: Scenario,
    made: list[Operation],
    kinds: tuple[str, ...] = ("write", "read"),
) -> Experiment:
    one = Experiment(session, scenario)
    history = History()
    for operation in sorted(made, key=lambda operation: operation.end):
        history.add(operation)
    lanes = [Lane(kind, "new", 1, lambda: MemoryClient(cluster), lambda _: False) for kind in kinds]
    one.place = cluster.place("")
    one.workload = cast(Any, SimpleNamespace(history=history, lanes=lanes))
    one.observer = cast(Any, SimpleNamespace(spans={}))
    one.moments = {"steady state": START, "inject": INJECT, "watch": INJECT, "heal": HEAL, "converged": END}
    measure(one.result, one.workload, one.timeline, one.moments)
    one.result.lost = 0
    return one


def test_where_clients_only_read_reads_are_the_outage(session: Session, cluster: Cluster) -> None:
    scenario = SingleFault(cluster, CASE)
    whole = judged(session, cluster, scenario, unserved(served()))
    reads = [operation for operation in whole.workload.history.operations() if not operation.writes]
    one = judged(session, cluster, scenario, reads, kinds=("read",))
    assert one.result.outage_s == whole.result.outage_s
    assert (one.result.outage_s or 0.0) > ALLOWED.seconds


def violated(one: Experiment) -> set[str]:
    allowed = None if isinstance(one.scenario, Calm) else ALLOWED
    one.judge(Plan("redis-01", "master", allowed))
    one._nothing_is_left()
    return {problem.invariant for problem in one.result.problems}


@pytest.mark.parametrize("name", MADE)
def test_a_history_in_which_all_holds_passes(name: str, session: Session, cluster: Cluster) -> None:
    one = judged(session, cluster, MADE[name](session, cluster), served())
    assert violated(one) == set()
    assert (one.result.verdict, one.result.cause) == (Verdict.PASSED, "")


def _lost(one: Experiment) -> None:
    one.result.lost, one._missing = 2, ("redis-02: 2 acknowledged writes are not there",)


def _foreign(one: Experiment) -> None:
    one._others._problem = "the data set is gone: 10,000 keys before, 0 after"


def _left(one: Experiment) -> None:
    one._left = ("redis-01: rules abc",)


TAKING_TURNS = served(server=lambda at: "ab"[int(at * 2) % 2] if INJECT < at < HEAL else "a")
BACK = served(value=lambda at: int(at) if at < HEAL else int(at) - 20)
HUNG = [*served(), Operation("hung", READS, INJECT, INJECT + 60.0, OK, "a", value=10_000)]
BROKEN: dict[Invariant, tuple[list[Operation], Callable[[Experiment], None]]] = {
    Invariant.OTHERS_DATA: (served(), _foreign),
    Invariant.NOTHING_LOST: (served(), _lost),
    Invariant.ONE_LEADER: (TAKING_TURNS, lambda _: None),
    Invariant.NEVER_BACK: (BACK, lambda _: None),
    Invariant.IN_TIME: (HUNG, lambda _: None),
    Invariant.SERVED: (unserved(served()), lambda _: None),
    Invariant.NO_TRACE: (served(), _left),
}


@pytest.mark.parametrize("invariant", Invariant)
@pytest.mark.parametrize("name", MADE)
def test_a_history_that_breaks_an_invariant_is_red_in_every_scenario(
    name: str, invariant: Invariant, session: Session, cluster: Cluster
) -> None:
    made, spoil = BROKEN[invariant]
    one = judged(session, cluster, MADE[name](session, cluster), made)
    spoil(one)
    assert invariant in violated(one)
    assert one.result.verdict is Verdict.FAILED
    assert one.result.cause


def test_every_scenario_is_tried_and_every_invariant_is_judged(session: Session, cluster: Cluster) -> None:
    made = {type(make(session, cluster)) for make in MADE.values()}
    assert all(any(issubclass(kind, scenario) for kind in made) for scenario in SCENARIOS)
    assert set(BROKEN) == set(Invariant)


def test_what_says_nothing_of_a_service_is_not_judged(session: Session, cluster: Cluster) -> None:
    cluster.__class__ = type(
        "Equals", (Cluster,), {"traits": Traits(peer_port=1, exempt={Invariant.ONE_LEADER: "nodes are of equal rank"})}
    )
    assert violated(judged(session, cluster, SingleFault(cast(Any, cluster), CASE), TAKING_TURNS)) == set()


def test_data_of_others_is_told_first_and_what_may_be_lost_is_only_told(session: Session, cluster: Cluster) -> None:
    one = judged(session, cluster, SingleFault(cast(Any, cluster), CASE), BACK)
    _lost(one)
    _foreign(one)
    one.fails("never recovered: nobody leads")
    one.judge(Plan("redis-01", "master", ALLOWED, may_lose=True))
    assert one.result.cause == "the data set is gone: 10,000 keys before, 0 after; never recovered: nobody leads"
    assert any(note.startswith("reads went back") for note in one.result.notes)


def test_one_page_that_fails_is_noticed_in_a_drain(session: Session, cluster: Cluster) -> None:
    page = Operation("p", PAGES, INJECT + 1, INJECT + 1.1, FAIL, error="status 502")
    one = judged(session, cluster, Drain(cast(Any, cluster)), [*served(), page])
    one.workload.lanes = (*one.workload.lanes, Lane("read", "new", 80, lambda: MemoryClient(cluster), lambda _: True))
    assert violated(one) == {Invariant.SERVED}
    assert "nobody was to notice: status 502" in one.result.cause


def test_a_wait_for_other_experiments_is_no_overhead(session: Session, cluster: Cluster) -> None:
    one = judged(session, cluster, SingleFault(cast(Any, cluster), CASE), served())
    one.result.waited_s = 50.0
    one._keep(time.monotonic() - 70.0)
    assert one.result.overhead_s is not None
    assert 4.9 < one.result.overhead_s < 5.5, "70 s in all, 15 s of fault and convergence, 50 s of waiting"


def test_the_page_says_what_the_code_judges() -> None:
    page = PAGE.read_text("utf-8")
    assert written(page) == page, "python -m hadrill.chaos.table"


class Injected:
    """A fault on nobody, told when it is made and healed."""

    made: list[str]

    def __init__(
        self, _: Session, cluster: Any, __: Case, drill: str, step: Callable[[int, str], None], **_options: bool
    ) -> None:
        self.host, self.role, self.experiment, self._step = cluster.members[0], "master", drill, step
        self.cluster, self.proof, self.risk, self.waited_s = cluster, "it is", "", 0.0
        self.problems: list[str] = []

    neighbours = SimpleNamespace(clusters=(), members=(), sums=lambda *_: (), why_not_healthy=lambda: None)

    def guard(self) -> Fault:
        return Fault("isolate", STOP)

    guard_again = guard

    def arithmetic(self) -> str:
        return "3 members"

    def still_there(self, _: Fault) -> None:
        """It is."""

    @contextmanager
    def leased(self, *_: object) -> Iterator[None]:
        self.made.append("leased")
        try:
            yield
        finally:
            self._step(10, "release")
            self.made.append("released")

    @contextmanager
    def broken(self, *_: object) -> Iterator[None]:
        self._step(4, "journal")
        self._step(5, "inject")
        self.made.append("broken")
        try:
            yield
        finally:
            self._step(7, "heal")
            self.made.append("healed")


@pytest.fixture
def injected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    Injected.made = []
    monkeypatch.setattr(single_fault, "Injection", Injected)
    monkeypatch.setattr(single_fault, "HOLD_SECONDS", 0.1)
    return Injected.made


def test_the_ten_steps_are_made_in_their_order(session: Session, cluster: Cluster, injected: list[str]) -> None:
    one = Experiment(session, SingleFault(cast(Any, cluster), CASE))
    result = one.run()
    assert (result.verdict, result.cause) == (Verdict.PASSED, "")
    steps = [event.text for event in one.timeline.events if event.text.startswith("step ")]
    assert [int(text.split()[1]) for text in steps] == list(range(1, 11))
    assert injected == ["leased", "broken", "healed", "released"]
    assert result.acknowledged > 20
    assert result.lost == 0


@pytest.mark.parametrize(
    ("error", "verdict"), [(KeyError("x"), Verdict.ERROR), (BadAnswerError("not the form"), Verdict.INCONCLUSIVE)]
)
def test_whatever_ends_it_the_fault_is_healed_and_the_hosts_are_released(
    session: Session, cluster: Cluster, injected: list[str], error: Exception, verdict: Verdict
) -> None:
    class Stumbles(SingleFault):
        """Ends in the middle."""

        def watch(self, *_: object) -> None:
            raise error

    result = Experiment(session, Stumbles(cast(Any, cluster), CASE)).run()
    assert result.verdict is verdict
    assert injected == ["leased", "broken", "healed", "released"]


def test_a_bug_in_what_watches_is_an_error_and_no_blind_pass(
    session: Session, cluster: Cluster, injected: list[str], tmp_path: Path
) -> None:
    class Blinds(SingleFault):
        """From now on a probe stumbles."""

        def watch(self, *_: object) -> None:
            cluster.bug = ZeroDivisionError("a bug")
            super().watch(*_)  # type: ignore[arg-type]

    result = Experiment(session, Blinds(cast(Any, cluster), CASE)).run()
    assert result.verdict is Verdict.ERROR
    assert "ZeroDivisionError" in (next(tmp_path.glob("*/error.txt"))).read_text("utf-8")
    assert injected[-2:] == ["healed", "released"]


def test_a_probe_that_stumbles_from_the_start_is_an_error_at_once(
    session: Session, cluster: Cluster, injected: list[str]
) -> None:
    cluster.bug = KeyError("leader")
    begun = time.monotonic()
    result = Experiment(session, SingleFault(cast(Any, cluster), CASE)).run()
    assert result.verdict is Verdict.ERROR, result.cause
    assert "KeyError: 'leader'" in result.cause
    assert time.monotonic() - begun < 5.0, "nobody waits for an answer that cannot come"
    assert injected == ["leased", "released"]


def test_a_bug_in_a_client_of_our_own_is_an_error_and_no_outage(
    session: Session, cluster: Cluster, injected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names: dict[str, Any] = {}
    exec(compile("def read(client):\n    return client['laddr']\n", module.__file__, "exec"), names)  # noqa: S102 - to be of that file

    class Stumbles(SingleFault):
        """From now on reading stumbles."""

        def watch(self, *given: Any) -> None:
            monkeypatch.setattr(MemoryClient, "read", names["read"])
            super().watch(*given)

    result = Experiment(session, Stumbles(cast(Any, cluster), CASE)).run()
    assert result.verdict is Verdict.ERROR, result.cause
    assert "TypeError: 'MemoryClient' object is not subscriptable" in result.cause
    assert injected[-2:] == ["healed", "released"]


def test_a_bug_explains_what_else_was_met_after_it(
    session: Session, cluster: Cluster, injected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stumbles(SingleFault):
        """A probe dies, and what is asked next has no answer."""

        def watch(self, run: Experiment, _: Plan) -> None:
            cluster.bug = KeyError("leader")
            eventually("the probe to die", lambda: None if run.observer._bugs else "it goes on", Deadline(5.0))
            raise BadAnswerError("not the form")

    result = Experiment(session, Stumbles(cast(Any, cluster), CASE)).run()
    assert result.verdict is Verdict.ERROR, result.cause
    assert injected[-2:] == ["healed", "released"]


def test_what_is_left_on_a_host_and_what_is_not_healed_fail_also_what_says_nothing_else(
    session: Session, cluster: Cluster, injected: list[str]
) -> None:
    class Stumbles(SingleFault):
        """Ends in the middle, and is not healed."""

        def watch(self, _: Experiment, plan: Plan) -> None:
            injection = plan.parts()[0]
            injection.problems.append("redis-01: isolate is not undone")
            raise BadAnswerError("not the form")

    NoHosts.left = ["rules abc"]
    try:
        result = Experiment(session, Stumbles(cast(Any, cluster), CASE)).run()
    finally:
        NoHosts.left = []
    assert result.verdict is Verdict.FAILED
    assert result.cause == (
        "redis-01: isolate is not undone; it left something behind on redis-01, redis-02, redis-03; not the form"
    )


class NeverServed(SingleFault):
    """Its clients are not served again."""

    def watch(self, run: Experiment, _: Plan) -> None:
        run.fails("never recovered: nobody leads")


def test_a_cluster_that_never_came_back_fails_also_where_a_dead_member_cannot_be_read(
    session: Session, cluster: Cluster, injected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_: object) -> set[str]:
        raise OSError("redis-01 does not answer")

    monkeypatch.setattr(MemoryPlace, "found", dead)
    result = Experiment(session, NeverServed(cast(Any, cluster), CASE)).run()
    assert result.verdict is Verdict.FAILED
    assert result.cause == "never recovered: nobody leads; redis-01 does not answer"
    assert injected[-2:] == ["healed", "released"]


def test_what_is_refused_after_something_was_broken_hides_nothing_that_is_not_undone(
    session: Session, cluster: Cluster, injected: list[str]
) -> None:
    class SecondRefused(SingleFault):
        """The host of the next fault cannot offer it, and the first one is not healed."""

        def watch(self, _: Experiment, plan: Plan) -> None:
            plan.parts()[0].problems.append("redis-01: isolate is not undone")
            raise UnavailableError("no tool for it")

    result = Experiment(session, SecondRefused(cast(Any, cluster), CASE)).run()
    assert (result.verdict, result.cause) == (Verdict.FAILED, "redis-01: isolate is not undone; no tool for it")
    assert injected[-2:] == ["healed", "released"]


def test_a_quorum_loss_that_is_interrupted_leaves_no_entry_of_what_is_healed(
    session: Session, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[str] = []

    def halves(name: str) -> Any:
        def forget(entry: str) -> None:
            forgotten.append(entry)

        def guard(**_: bool) -> Fault:
            return Fault("power-off", STOP)

        return SimpleNamespace(host=name, guard=guard, guard_again=guard, entry=name, forget=forget)

    @contextmanager
    def there(injection: Any, *_: object) -> Iterator[str]:
        yield injection.entry

    scenario = QuorumLoss(cast(Any, cluster))
    run = Experiment(session, scenario)
    monkeypatch.setattr(run, "injected", there)
    plan = Plan("both", "majority", ALLOWED, halves("first"), Fault("power-off", STOP), second=halves("second"))
    with pytest.raises(KeyboardInterrupt), scenario.broken(run, plan):
        raise KeyboardInterrupt
    assert forgotten == ["second"], "the first one's entry lasts as long as the lease"


NO_SPACE = "[Errno 28] No space left on device"


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_verdict_that_is_reached_outlives_a_disk_that_is_full(
    session: Session, cluster: Cluster, injected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("keep_evidence", "keep_result"):
        monkeypatch.setattr(module, name, _full)
    passed = Experiment(session, SingleFault(cast(Any, cluster), CASE)).run()
    failed = Experiment(session, NeverServed(cast(Any, cluster), CASE)).run()
    assert (passed.verdict, passed.cause) == (Verdict.PASSED, "")
    assert (failed.verdict, failed.cause) == (Verdict.FAILED, "never recovered: nobody leads")
    assert passed.notes == [f"the evidence is not kept: {NO_SPACE}", f"the result is not kept: {NO_SPACE}"]
    assert injected[-2:] == ["healed", "released"]


def test_a_bug_ends_as_an_error_also_where_its_traceback_cannot_be_kept(
    session: Session, cluster: Cluster, injected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_text", _full)

    class Stumbles(SingleFault):
        """Ends in the middle."""

        def watch(self, *_: object) -> None:
            raise KeyError("x")

    result = Experiment(session, Stumbles(cast(Any, cluster), CASE)).run()
    assert result.verdict is Verdict.ERROR
    assert "KeyError: 'x'" in result.cause
    assert f"its traceback is not kept: {NO_SPACE}" in result.cause
    assert injected[-2:] == ["healed", "released"]


def test_what_comes_after_the_verdict_hides_nothing_of_it(
    session: Session, cluster: Cluster, injected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(one: Experiment, *_: object) -> None:
        one.result.problems = [Problem("2 acknowledged writes lost")]
        raise BadAnswerError("not the form")

    monkeypatch.setattr(Experiment, "judge", lost)
    result = Experiment(session, SingleFault(cast(Any, cluster), CASE)).run()
    assert (result.verdict, result.cause) == (Verdict.FAILED, "2 acknowledged writes lost; not the form")
    assert injected[-2:] == ["healed", "released"]


def test_where_data_of_others_cannot_be_counted_afterwards_nothing_passes(session: Session, cluster: Cluster) -> None:
    one = judged(session, cluster, SingleFault(cast(Any, cluster), CASE), served())
    one._others._unsaid = "nobody can say"
    assert violated(one) == set()
    assert (one.result.verdict, one.result.cause) == (Verdict.INCONCLUSIVE, "nobody can say")
    worse = judged(session, cluster, SingleFault(cast(Any, cluster), CASE), served())
    worse._others._unsaid = "nobody can say"
    _lost(worse)
    violated(worse)
    assert worse.result.verdict is Verdict.FAILED
    assert worse.result.cause.endswith("; nobody can say")
    worse.result.problems = []
    worse._ends_early(Verdict.INCONCLUSIVE, "interrupted")
    assert worse.result.cause == "interrupted; nobody can say"


class Unsure(SingleFault):
    """Its plan is asked of members that do not answer the first times."""

    missing: ClassVar[list[Exception]] = []

    def plan(self, run: Experiment) -> Plan:
        if self.missing:
            raise self.missing.pop()
        return super().plan(run)


@pytest.mark.parametrize(
    ("error", "again"), [(OSError("no answer"), True), (NoLeaderError("nobody leads"), False)], ids=["missing", "said"]
)
def test_an_answer_that_goes_missing_before_anything_is_broken_is_asked_for_again(
    error: Exception, again: bool, session: Session, cluster: Cluster, injected: list[str]
) -> None:
    Unsure.missing = [error]
    result = Experiment(session, Unsure(cast(Any, cluster), CASE)).run()
    assert (result.verdict is Verdict.INCONCLUSIVE) is not again, result.cause
    assert bool(injected) is again


def test_answers_that_stay_away_end_it_before_anything_is_broken(
    session: Session, cluster: Cluster, injected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hadrill.drill.preflight.ASKED_SECONDS", 0.2)
    Unsure.missing = [OSError("no answer")] * 1000
    result = Experiment(session, Unsure(cast(Any, cluster), CASE)).run()
    assert (result.verdict, result.cause, injected) == (Verdict.INCONCLUSIVE, "no answer", [])
