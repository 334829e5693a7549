"""Two clusters of a service that somebody else set up: adopted, and each checked, drilled and diagnosed for itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hadrill.inventory import Inventory, read
from hadrill.lab.lab import Lab
from hadrill.lab.removal import destroy
from hadrill.lab.state import ensure_credentials
from hadrill.remote import Remote
from hadrill.services.clusters import cluster_of
from hadrill.services.redis.service import Redis
from hadrill.timing import Deadline, eventually
from tests.selftest.foreign import two_caches
from tests.selftest.foreign.commands import call
from tests.selftest.foreign.two_caches import CACHES, FRONT, MACHINES, SESSIONS
from tests.selftest.lab.suite import LAB, run_suite
from tests.selftest.machines import Machines

pytestmark = pytest.mark.takes_turns("stacks of others", "two caches")
WHOLE_SECONDS = 60.0


@pytest.fixture(scope="module")
def adopted(machines: Machines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The caches run, and `hadrill adopt` has written an inventory of what it found at seven addresses."""
    if machines.together:
        machines.up("all")
    wider = tmp_path_factory.mktemp("inventories") / "lab"
    wider.mkdir()
    for name in ("settings.yaml", "versions.yaml"):
        shutil.copy(LAB / name, wider)
    lines = [*(LAB / "servers.tsv").read_text("ascii").splitlines(), *two_caches.rows()]
    (wider / "servers.tsv").write_text("\n".join([*lines, ""]), "ascii")
    ensure_credentials(wider, "lab")
    inventory = read(wider, "all")
    try:
        Lab(inventory).up(*MACHINES)
        with Remote(inventory) as remote:
            for cache in CACHES:
                cache.lay_down(remote, inventory)
            two_caches.front(remote, inventory, inventory.host(*FRONT))
        made = tmp_path_factory.mktemp("adopted") / "mine"
        login, known = inventory.settings.ssh, inventory.path(inventory.settings.ssh.known_hosts).absolute()
        options = ("-o", str(made), "--key", str(inventory.path(login.key).absolute()), "--known-hosts", str(known))
        (made.parent / "shown").write_text(call("hadrill", "adopt", *MACHINES.values(), *options))
        yield made
    finally:
        destroy([f"lab-{name}" for name in MACHINES])


@pytest.fixture(scope="module")
def stack(adopted: Path) -> Inventory:
    """The inventory, once both caches are whole."""
    inventory = read(adopted)
    with Remote(inventory) as remote:
        for cluster in inventory.clusters_of("redis"):
            whole = cluster_of(inventory, remote, "redis", cluster.name)
            eventually(f"{cluster} to be whole", whole.why_not_healthy, Deadline(WHOLE_SECONDS))
    return inventory


def test_both_are_found_with_what_is_their_own(stack: Inventory) -> None:
    clusters = {cluster.name: cluster for cluster in stack.clusters_of("redis")}
    assert set(clusters) == {f"{cache.name}-main" for cache in CACHES}
    for cache in CACHES:
        cluster = clusters[f"{cache.name}-main"]
        assert {member.name for member in cluster.members} == set(cache.members)
        service = Redis(stack.about(cluster))
        assert service.settings.master_name == f"{cache.name}-main"
        assert service.inventory.credentials.secret("redis", "REDIS_PASSWORD") == cache.password
        assert service.inventory.entry_point(6379).at == cache.at
        assert [service.inventory.port(usual) for usual in (6379, 26379)] == [cache.port, cache.sentinel_port]
        part = cluster.components["redis"]
        assert part.container == f"{cache.name}-cache"
        assert part.unit == ("sessions-cache.service" if cache.unit else "")


def test_each_is_checked_and_named(stack: Inventory, tmp_path: Path) -> None:
    both = run_suite("tests/basic", tmp_path / "both", f"--inventory={stack.folder}", "--no-page")
    assert both["status"] == 0, both["console"]
    assert both["passed"] == both["total"] == 6
    one = run_suite(
        "tests/basic", tmp_path / "one", f"--inventory={stack.folder}", "--cluster=orders-main", "--no-page"
    )
    assert one["passed"] == one["total"] == 3, one["console"]
    assert "no known cause" in call("hadrill", "diagnose", "redis", f"--inventory={stack.folder}")


def test_a_drill_breaks_one_and_leaves_the_other_alone(stack: Inventory, tmp_path: Path) -> None:
    before = _started(stack)
    drill = _drill(stack, tmp_path, "replica")
    assert drill["verdict"] == "passed", drill
    assert _started(stack) == before


def test_two_masters_behind_a_proxy_that_asks_for_the_role_are_told(stack: Inventory, tmp_path: Path) -> None:
    """A master that comes back says that it is one until Sentinel tells it otherwise, and the proxy believes it."""
    before = _started(stack)
    drill = _drill(stack, tmp_path, "master")
    assert drill["verdict"] == "failed", drill
    assert "split brain" in drill["cause"], drill
    assert drill["lost"] > 0
    assert _started(stack) == before


def test_what_is_wrong_with_one_is_named_for_it_alone(stack: Inventory, tmp_path: Path) -> None:
    with Remote(stack) as remote:
        for name in SESSIONS.members:
            command = "docker exec sessions-guard redis-cli -p 26390 SENTINEL SET sessions-main quorum "
            remote.run(stack.host(name), f"{command} 9")
        try:
            summary = run_suite("tests/basic", tmp_path, f"--inventory={stack.folder}", "--no-page")
            red = [check["id"] for check in summary["checks"] if check["outcome"] != "passed"]
            assert len(red) == 1, summary["console"]
            assert "sessions-main" in red[0]
            assert "quorum-too-high" in summary["console"]
        finally:
            for name in SESSIONS.members:
                remote.run(stack.host(name), f"{command} 2")


def test_a_cluster_that_is_not_there_is_refused_with_those_that_are(stack: Inventory) -> None:
    shown = call("pytest", "tests/basic", f"--inventory={stack.folder}", "--cluster=order", status=4)
    assert "orders-main" in shown
    assert "sessions-main" in shown


def _drill(inventory: Inventory, reports: Path, role: str) -> dict[str, Any]:
    """The row of one drill of the first cluster: a member's container is killed."""
    settings = inventory.folder / "settings.yaml"
    settings.write_text(settings.read_text().replace("consent: []", f"consent: [{', '.join(MACHINES)}]"))
    which = ("--service=redis", "--cluster=orders-main", f"--role={role}", "--fault=container-kill", "--no-page")
    consent = f"--consent={','.join(MACHINES)}"
    summary = run_suite("tests/failover", reports, f"--inventory={inventory.folder}", consent, *which)
    (drill,) = summary["drills"]
    assert drill["cluster"] == "orders-main", summary["console"]
    row: dict[str, Any] = drill
    return row


def _started(inventory: Inventory) -> dict[str, str]:
    """When each process of the second cache was started, by its own identity."""
    service = Redis(inventory.about(inventory.cluster("redis", "sessions-main")))
    runs = {}
    for member in service.members:
        with service.client(member.address) as client:
            runs[member.name] = str(client.info("server")["run_id"])
    return runs
