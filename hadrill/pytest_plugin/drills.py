"""What tests are given to break things: a session, the drill itself, and single faults for cases of their own."""

import os
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import NoReturn

import allure
import pytest

from hadrill.drill.case import Case
from hadrill.drill.errors import DrillBrokenError, DrillFailedError, DrillInconclusiveError, NotHealedError
from hadrill.drill.experiment import Experiment, expected
from hadrill.drill.fault_block import fault_block
from hadrill.drill.result import ERROR, FAILED, INCONCLUSIVE, UNAVAILABLE, Result
from hadrill.drill.scenarios import QuorumLoss, of_case
from hadrill.drill.scenarios.loss import Loss
from hadrill.drill.scenarios.node import NodeScenario
from hadrill.drill.session import Session
from hadrill.inventory import Host, NamedCluster
from hadrill.pytest_plugin.options import options_of
from hadrill.pytest_plugin.stash import INVENTORY
from hadrill.pytest_plugin.terminal import line_writer
from hadrill.remote import Remote
from hadrill.remote.access import require_access
from hadrill.report.drills import explained, failure
from hadrill.report.outcome import DRILL, EXPERIMENT
from hadrill.report.rows import DrillRow
from hadrill.safety.heal import heal_entries, sweep
from hadrill.safety.journal import entries_of, unreadable
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import cluster_of
from hadrill.services.member_roles import usual
from hadrill.timing import eventually as wait_until
from hadrill.workload import DEFAULT_RATE, Workload

EXPERIMENTS = pytest.StashKey[list[DrillRow]]()
"""Results that no test has handed over yet."""


@pytest.fixture(scope="session")
def drills(pytestconfig: pytest.Config, remote: Remote) -> Iterator[Session]:
    """What all drills of this run share. Undoes first what earlier runs left, and looks at the end for what is left."""
    inventory = pytestconfig.stash[INVENTORY]
    require_access(remote, inventory.managed)
    worker = getattr(pytestconfig, "workerinput", {})
    session = Session(
        inventory,
        remote,
        Path(pytestconfig.option.allure_report_dir).parent / "drills",
        say=line_writer(pytestconfig),
        run=worker.get("testrunuid", uuid.uuid4().hex)[:12],
        consent=options_of(pytestconfig).consented,
        rate=options_of(pytestconfig).rate or usual_rate(worker.get("workercount", 1)),
        force=options_of(pytestconfig).force,
    )
    _ = session.watchdog
    before = _clean(session)
    yield session
    broken_still = [line for line in _clean(session) if line not in before]
    session.close()
    if broken_still:
        raise NotHealedError("\n".join(["not everything is undone:", *broken_still, "`hadrill heal` tries it again"]))


@pytest.fixture
def drill(request: pytest.FixtureRequest, drills: Session) -> Callable[[Case], Result]:
    """Run a case, all ten steps. The test fails with the cause; it is skipped where the host cannot offer the fault."""

    def run(case: Case) -> Result:
        cluster = cluster_of(drills.inventory, drills.remote, case.service, case.cluster)
        lead = options_of(request.config).make_leader and case.role == usual(case.service)
        return _report(request, Experiment(drills, of_case(cluster, case, lead=lead)))

    return run


@pytest.fixture
def quorum_loss(request: pytest.FixtureRequest, drills: Session) -> Callable[[Cluster], Result]:
    """Take a cluster's majority away and give it back."""
    return lambda cluster: _report(request, Experiment(drills, QuorumLoss(cluster)))


def _report(request: pytest.FixtureRequest, one: Experiment) -> Result:
    """Run an experiment, keep its result for the report, and end the test by its verdict. With --plan only print it."""
    if options_of(request.config).plan:
        _plan(one)
    result = one.run()
    request.node.user_properties.append((DRILL, result.as_json()))
    attach(result, one.folder)
    require_conclusive(result)
    if result.verdict is FAILED:
        raise DrillFailedError("\n".join(failure(result.as_json())), result.causes)
    return result


def _plan(one: Experiment) -> NoReturn:
    try:
        one.session.say(str(one.plan()))
    except expected() as error:
        one.session.say(f"{one.scenario.name}\n    would not run: {error}")
    # Nothing ran, so nothing may be green: only a skip says so.
    pytest.skip("planned only, nothing was touched")


def require_conclusive(result: Result) -> None:
    """Return where the result says something of the cluster; otherwise end the test with another outcome."""
    if result.verdict is UNAVAILABLE:
        pytest.skip(result.cause)
    if result.verdict is ERROR:
        raise DrillBrokenError(result.cause)
    if result.verdict is INCONCLUSIVE:
        raise DrillInconclusiveError(result.cause)


@pytest.fixture(scope="session")
def watched(pytestconfig: pytest.Config, drills: Session) -> Callable[[NodeScenario], Loss]:
    """Make something happen to a Kubernetes node, once for all checks that ask about it."""

    def run(scenario: NodeScenario) -> Loss:
        one = Experiment(drills, scenario)
        result = one.run()
        pytestconfig.stash.setdefault(EXPERIMENTS, []).append(result.as_json())
        attach(result, one.folder)
        require_conclusive(result)
        # Without numbers it ended before its clients did, or they never began.
        drills.say(scenario.loss.conclude(result, one.workload.history.operations() if result.lanes else ()))
        return scenario.loss

    return run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hand over the results of experiments that several checks share, with the report of the first check."""
    report = yield
    rows = item.config.stash.get(EXPERIMENTS, [])
    report.user_properties += [(EXPERIMENT, rows.pop(0)) for _ in range(len(rows))]
    return report


@pytest.fixture
def cluster(request: pytest.FixtureRequest, drills: Session, about_cluster: NamedCluster | None) -> Cluster:
    """The cluster of the test's `service` mark, as drills see it."""
    mark = request.node.get_closest_marker("service")
    if mark is None:
        raise pytest.UsageError(f"{request.node.nodeid} asks for `cluster` and has no mark pytest.mark.service(...)")
    name = about_cluster.name if about_cluster is not None else ""
    return cluster_of(drills.inventory, drills.remote, mark.args[0], name)


@pytest.fixture
def workload(cluster: Cluster, drills: Session) -> Callable[[], AbstractContextManager[Workload]]:
    """`with workload() as load:` clients work at the cluster's entry point in the block; what they wrote is removed."""

    @contextmanager
    def run() -> Iterator[Workload]:
        name = uuid.uuid4().hex[:12]
        place = cluster.place(name)
        try:
            place.make()
            with Workload(name, place.lanes, drills.rate * cluster.traits.rate_share) as load:
                yield load
            load.raise_bugs()
        finally:
            place.clean()

    return run


Block = Callable[[Host], AbstractContextManager[None]]


@pytest.fixture
def broken(drills: Session, cluster: Cluster) -> Callable[..., AbstractContextManager[None]]:
    """`with broken("container-pause", host):` any fault in the block, proved, journaled and healed like a drill's."""
    return partial(fault_block, drills, cluster)


@pytest.fixture
def stopped_container(drills: Session, cluster: Cluster) -> Block:
    """`with stopped_container(host):` the cluster's container on that host is stopped."""
    return partial(fault_block, drills, cluster, "container-stop")


@pytest.fixture
def powered_off(drills: Session, cluster: Cluster) -> Block:
    """`with powered_off(host):` the machine has no power."""
    return partial(fault_block, drills, cluster, "power-off")


@pytest.fixture
def isolated(drills: Session, cluster: Cluster) -> Block:
    """`with isolated(host):` the machine hears nobody but the runner."""
    return partial(fault_block, drills, cluster, "isolate")


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Wait for a condition with a deadline: hadrill.timing.eventually."""
    return wait_until


def usual_rate(workers: int) -> float:
    """Operations a second of each lane; fewer where more drills run than there are processors to measure with."""
    return DEFAULT_RATE * min(1.0, (os.cpu_count() or 1) / workers)


def _clean(session: Session) -> list[str]:
    """Undo what earlier runs left, by this computer's journal and what lies on hosts. Returns what is still there."""
    mine = entries_of(session.inventory.folder)
    live = [entry.experiment for entry in mine if entry.alive and entry.pid != os.getpid()]
    done, wrong = heal_entries([entry for entry in mine if entry.experiment not in live])
    also, broken_still = sweep(session.remote, session.inventory, live)
    for line in [*done, *also]:
        session.say(f"swept: {line}")
    left = [*wrong, *broken_still, *unreadable()]
    for line in left:
        session.say(f"cannot sweep: {line}")
    return left


def attach(result: Result, folder: Path) -> None:
    """Put phases, as Allure's steps, and all evidence on the HTML page."""
    for phase, seconds in result.phases.items():
        with allure.step(f"{phase}: {seconds:.2f} s after the fault"):
            pass
    if lines := explained(result.causes):
        allure.attach("\n".join(lines), "diagnosis", allure.attachment_type.TEXT)
    kinds = {".svg": allure.attachment_type.SVG, ".json": allure.attachment_type.JSON}
    for name in result.evidence:
        file = folder / name
        allure.attach.file(str(file), name, kinds.get(file.suffix, allure.attachment_type.TEXT))
