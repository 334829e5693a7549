"""A host of several roles: guard, leases and faults count every cluster that it carries."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hadrill.drill import Case, Session
from hadrill.drill import neighbours as module
from hadrill.drill.errors import DegradedError, InconclusiveError
from hadrill.drill.injection import Injection
from hadrill.drill.neighbours import Neighbours
from hadrill.drill.scenarios.single_fault import in_words
from hadrill.faults import BLACKHOLE, FAULTS, Fault, is_host_wide
from hadrill.inventory import Host, Inventory, read
from hadrill.remote import Remote
from hadrill.safety import guard as arithmetic
from hadrill.safety.journal import entries
from hadrill.services.clusters import cluster_of
from hadrill.services.member import SILENT, Member
from hadrill.timing import Budget, Part
from tests.selftest.unit.test_injection import Bench

POWER_OFF = Fault("power-off", BLACKHOLE, power="off", ends=True)


@pytest.fixture
def stacked(lab: Path) -> Inventory:
    """The lab with RabbitMQ on the hosts of Redis."""
    rows = (lab / "servers.tsv").read_text("ascii").splitlines(keepends=True)
    text = "".join(row for row in rows if not row.startswith("queue"))
    text = text.replace("\tredis\tredis\t", "\tredis,rabbitmq\tredis,queue\t")
    (lab / "servers.tsv").write_text(text, "ascii")
    return read(lab)


class Queue:
    """RabbitMQ beside Redis, of which some nodes are away."""

    service = label = "rabbitmq"

    def __init__(self, inventory: Inventory) -> None:
        self.members, self.shared = inventory.of_role("rabbitmq"), inventory.of_role("haproxy")
        self.away: set[str] = set()
        self.ill: str | None = None

    def probe(self, host: Host) -> Callable[[], Member]:
        return lambda: SILENT if host.name in self.away else Member("follower")

    def why_not_healthy(self) -> str | None:
        return self.ill


@pytest.fixture
def queue(stacked: Inventory, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setattr(arithmetic, "SILENT_SECONDS", 0.01)
    made = Queue(stacked)
    monkeypatch.setattr(module, "cluster_of", lambda *_: made)
    return made


@pytest.fixture
def bench(stacked: Inventory, queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Bench(stacked, tmp_path / "drills")


def test_clusters_on_the_same_hosts_are_known(stacked: Inventory, tmp_path: Path) -> None:
    remote = Remote(stacked)
    session = Session(stacked, remote, tmp_path)
    redis = cluster_of(stacked, remote, "redis")
    beside = Neighbours(session, redis)
    assert [cluster.label for cluster in beside.clusters] == ["rabbitmq"]
    assert beside.members == redis.members
    assert Neighbours(session, cluster_of(stacked, remote, "minio")).clusters == ()


def test_roles_of_members_are_those_of_the_cluster_s_own_service(stacked: Inventory) -> None:
    rabbitmq = cluster_of(stacked, Remote(stacked), "rabbitmq")
    assert {rabbitmq.duty(host) for host in rabbitmq.members} == {"rabbitmq"}
    assert {rabbitmq.role(host) for host in rabbitmq.members} == {"leader"}, "where a place decides, each can lead"


@pytest.mark.parametrize("name", ["power-off", "isolate", "reboot", "slow-link", "engine-stop", "disk-full", "reject"])
def test_a_fault_of_the_whole_host_needs_the_quorum_of_each_cluster(name: str, bench: Bench, queue: Queue) -> None:
    beside, host = bench.injection().neighbours, queue.members[0]
    assert beside.guard(Fault(name, BLACKHOLE), host) == ""
    queue.away = {queue.members[1].name}
    with pytest.raises(DegradedError, match=r"refused, rabbitmq is on redis-01 too, and would lose its quorum: 3 mem"):
        beside.guard(Fault(name, BLACKHOLE), host)
    queue.away = {host.name}
    with pytest.raises(DegradedError, match="rabbitmq is on redis-01 too, and is degraded already"):
        beside.guard(Fault(name, BLACKHOLE), host)


def test_a_second_host_that_goes_counts_for_the_others(bench: Bench, queue: Queue) -> None:
    first, second, _ = queue.members
    with pytest.raises(InconclusiveError, match=r"2 would go \(redis-02, redis-01\): 1 left, 2 needed"):
        bench.injection().neighbours.guard(POWER_OFF, second, [first])


@pytest.mark.parametrize("name", ["container-stop", "container-kill", "process-kill", "cut-port", "switchover"])
def test_a_fault_of_one_component_is_about_its_cluster_alone(name: str, bench: Bench, queue: Queue) -> None:
    queue.away = {host.name for host in queue.members}
    assert bench.injection().neighbours.guard(Fault(name, BLACKHOLE), queue.members[0]) == ""


def test_every_fault_of_the_network_and_the_machine_is_known_as_one_of_the_whole_host() -> None:
    of_components = {name for name in FAULTS if name.startswith(("container-", "process-"))}
    apart = {"cut-port", "cordon", "switchover"}
    assert set(FAULTS) - of_components - apart == {name for name in FAULTS if is_host_wide(name)}


def test_data_of_a_neighbour_that_a_fault_would_destroy_is_a_risk(
    bench: Bench, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Guarded", Queue)
    attributes: dict[str, Any] = {
        "role": lambda *_: "follower",
        "placement": lambda *_: SimpleNamespace(),
        "why_not_survives": lambda _, host, _role, back: f"{host} keeps nothing, and {back}",
    }
    for attribute, value in attributes.items():
        monkeypatch.setattr(Queue, attribute, value, raising=False)
    risk = bench.injection().neighbours.guard(POWER_OFF, queue.members[0])
    assert risk == ("rabbitmq on the same host: redis-01 keeps nothing, and healing may start it again at any moment")


def test_all_hosts_of_all_its_clusters_are_leased(bench: Bench, queue: Queue, stacked: Inventory) -> None:
    queue.members = (*queue.members, stacked.host("minio-01"))
    bench.cluster.shared = (stacked.host("haproxy-01"), stacked.host("redis-02"))
    injection = bench.injection()
    with injection.leased(POWER_OFF, 1.0):
        (entry,) = entries()
        assert set(entry.leased) == {"redis-01", "redis-02", "redis-03", "minio-01", "haproxy-01"}
    taken = {line.partition(":")[0]: line for line in bench.hosts.asked if "flock" in line}
    assert {host: " d1 exclusive " in line for host, line in taken.items()} == {
        "redis-01": True,
        "redis-02": True,
        "redis-03": True,
        "minio-01": True,
        "haproxy-01": False,
    }


def test_the_plan_says_the_sum_of_each_cluster(bench: Bench, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Injection, "arithmetic", lambda _: "3 members")
    lines = in_words(bench.injection(Case("redis", "power-off", "master")), POWER_OFF, Budget((Part("a", 1.0, "b"),)))
    assert [line for line in lines if "beside" in line] == [
        "    beside  rabbitmq: 3 members, 1 would go (redis-01): 2 left, 2 needed"
    ]


def test_the_others_must_be_whole_again_too(bench: Bench, queue: Queue) -> None:
    beside = bench.injection().neighbours
    assert beside.why_not_healthy() is None
    queue.ill = "redis-01 runs no RabbitMQ"
    assert beside.why_not_healthy() == "rabbitmq, on the same hosts: redis-01 runs no RabbitMQ"
