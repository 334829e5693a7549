"""What tests are given to break things: a session, the drill itself, and single faults for cases of their own."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import NoReturn

import allure
import pytest

from hadrill.drill.case import Case
from hadrill.drill.drill import Drill
from hadrill.drill.errors import DrillBrokenError, DrillFailedError, DrillInconclusiveError, NotHealedError
from hadrill.drill.fault_block import fault_block
from hadrill.drill.quorum_loss import QuorumLoss
from hadrill.drill.result import ERROR, FAILED, INCONCLUSIVE, UNAVAILABLE, Result
from hadrill.drill.session import Session
from hadrill.drill.trial import Trial, reasons
from hadrill.inventory import Host
from hadrill.pytest_plugin.options import options_of
from hadrill.pytest_plugin.stash import INVENTORY
from hadrill.pytest_plugin.terminal import line_writer
from hadrill.remote import Remote
from hadrill.report.drills import explained
from hadrill.report.outcome import DRILL
from hadrill.safety.heal import heal_entries, sweep
from hadrill.safety.journal import entries_of
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import cluster_of
from hadrill.timing import eventually as wait_until
from hadrill.workload import DEFAULT_RATE, Workload


@pytest.fixture(scope="session")
def drills(pytestconfig: pytest.Config, remote: Remote) -> Iterator[Session]:
    """What all drills of this run share. What earlier runs left is undone first, and looked for last."""
    inventory = pytestconfig.stash[INVENTORY]
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
    """Run a case, all ten steps. Fails with the cause; what a host cannot offer is skipped with the reason."""

    def run(case: Case) -> Result:
        cluster = cluster_of(drills.inventory, drills.remote, case.service)
        lead = options_of(request.config).make_leader and case.role == cluster.roles[0]
        one = Drill(drills, cluster, case, lead=lead)
        if options_of(request.config).plan:
            _plan(drills, one)
        return _report(request, one)

    return run


@pytest.fixture
def quorum_loss(request: pytest.FixtureRequest, drills: Session) -> Callable[[Cluster], Result]:
    """Take a cluster's majority away and give it back."""

    def run(cluster: Cluster) -> Result:
        one = QuorumLoss(drills, cluster)
        if options_of(request.config).plan:
            _plan(drills, one)
        return _report(request, one)

    return run


def _plan(drills: Session, one: Drill | QuorumLoss) -> NoReturn:
    try:
        drills.say(one.plan())
    except reasons() as error:
        drills.say(f"{one.case.service} {one.result.fault} {one.case}\n    would not run: {error}")
    # Nothing ran, so nothing may be green: only a skip says so.
    pytest.skip("planned only, nothing was touched")


def _report(request: pytest.FixtureRequest, one: Trial) -> Result:
    """Run it, keep its result for the report, and end the test as it ended."""
    result = one.run()
    request.node.user_properties.append((DRILL, result.as_json()))
    attach(result, one.folder)
    if result.verdict == UNAVAILABLE:
        pytest.skip(result.cause)
    if result.verdict is ERROR:
        raise DrillBrokenError(result.cause)
    if result.verdict == INCONCLUSIVE:
        raise DrillInconclusiveError(result.cause)
    if result.verdict == FAILED:
        head = f"{result.node} ({result.role}), {result.fault}: {result.cause}"
        raise DrillFailedError("\n".join([head, *explained(result.causes)]))
    return result


@pytest.fixture
def cluster(request: pytest.FixtureRequest, drills: Session) -> Cluster:
    """The cluster of the test's `service` mark, as drills see it."""
    mark = request.node.get_closest_marker("service")
    if mark is None:
        raise pytest.UsageError(f"{request.node.nodeid} asks for `cluster` and has no mark pytest.mark.service(...)")
    return cluster_of(drills.inventory, drills.remote, mark.args[0])


@pytest.fixture
def workload(cluster: Cluster, drills: Session) -> Callable[[], AbstractContextManager[Workload]]:
    """`with workload() as load:` operations run at the cluster's entry point meanwhile; what they wrote is removed."""

    @contextmanager
    def run() -> Iterator[Workload]:
        name = uuid.uuid4().hex[:12]
        cluster.prepare(name, None)
        try:
            with Workload(name, cluster.lanes(name), drills.rate * cluster.rate_share) as load:
                yield load
        finally:
            cluster.clean(name)

    return run


Block = Callable[[Host], AbstractContextManager[None]]


@pytest.fixture
def broken(drills: Session, cluster: Cluster) -> Callable[..., AbstractContextManager[None]]:
    """`with broken("container-pause", host):` any fault for a while, proved, journaled and healed like a drill's."""
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
    """Operations a second: fewer where more drills than processors run, or the clients measure themselves."""
    return DEFAULT_RATE * min(1.0, (os.cpu_count() or 1) / workers)


def _clean(session: Session) -> list[str]:
    """Undo what runs that are gone left, on this computer's word and on the hosts' own. Returns what is still there."""
    mine = entries_of(session.inventory.folder)
    live = [entry.drill for entry in mine if entry.alive and entry.pid != os.getpid()]
    done, wrong = heal_entries([entry for entry in mine if entry.drill not in live])
    also, broken_still = sweep(session.remote, session.inventory, live)
    for line in [*done, *also]:
        session.say(f"swept: {line}")
    for line in [*wrong, *broken_still]:
        session.say(f"cannot sweep: {line}")
    return [*wrong, *broken_still]


def attach(result: Result, folder: Path) -> None:
    """Phases as steps, and everything that was kept, on the HTML page."""
    for phase, seconds in result.phases.items():
        with allure.step(f"{phase}: {seconds:.2f} s after the fault"):
            pass
    if said := explained(result.causes):
        allure.attach("\n".join(said), "diagnosis", allure.attachment_type.TEXT)
    kinds = {".svg": allure.attachment_type.SVG, ".json": allure.attachment_type.JSON}
    for name in result.evidence:
        file = folder / name
        allure.attach.file(str(file), name, kinds.get(file.suffix, allure.attachment_type.TEXT))
