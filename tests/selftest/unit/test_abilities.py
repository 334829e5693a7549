"""What a cluster can do follows from what it has: roles from the record, abilities from its methods."""

import dataclasses
from pathlib import Path
from typing import Any, cast

import pytest

from hadrill.drill import Case, Experiment, Session
from hadrill.drill.errors import UnavailableError
from hadrill.drill.injection import Injection
from hadrill.drill.scenarios import QuorumLoss, quorum_loss
from hadrill.faults import CRASH, Fault
from hadrill.inventory import Host, Inventory, read
from hadrill.remote import Remote
from hadrill.services import abilities, registry
from hadrill.services.abilities import Electorate, electorate_of
from hadrill.services.cluster import Traits
from hadrill.services.clusters import CLUSTERS, cluster_of
from hadrill.services.errors import NoMemberError
from hadrill.services.guarded import Guarded
from hadrill.services.http import Page, Pages
from hadrill.services.kubernetes.api import ApiError
from hadrill.services.kubernetes.cluster import KubernetesCluster
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.mariadb import cluster as mariadb
from hadrill.services.member_roles import behind, component_of, leading, usual
from hadrill.services.redis.cluster import RedisCluster
from hadrill.services.service import MemberRole
from hadrill.timing import budget

OPTIONAL = (
    "Led",
    "HandsOver",
    "Watched",
    "Diagnosed",
    "Voting",
    "Losing",
    "Selective",
    "Exposed",
    "OnNodes",
    "Promising",
)
NOWHERE = cast("Remote", None)
CAN = {
    "postgresql": {"Led", "HandsOver", "Watched", "Diagnosed", "Losing", "Guarded"},
    "redis": {"Led", "HandsOver", "Watched", "Diagnosed", "Losing", "Selective", "Guarded"},
    "rabbitmq": {"Watched", "Diagnosed", "Guarded"},
    "minio": {"Watched", "Diagnosed", "Exposed", "Guarded"},
    "mariadb": {"Led", "Watched", "Diagnosed", "Voting", "Guarded"},
    "haproxy": {"Voting", "Selective", "Exposed"},
    "proxysql": {"Voting", "Selective", "Exposed"},
    "kubernetes": {"Led", "Watched", "Diagnosed", "Voting", "Selective", "Exposed", "OnNodes", "Promising"},
}


@pytest.mark.parametrize("service", CAN)
def test_a_cluster_has_the_abilities_of_its_service_and_no_other(service: str) -> None:
    kinds = {name: getattr(abilities, name) for name in OPTIONAL} | {"Guarded": Guarded}
    assert {name for name, kind in kinds.items() if issubclass(CLUSTERS[service], kind)} == CAN[service]


def test_a_trait_that_nobody_knows_is_refused() -> None:
    with pytest.raises(TypeError, match="hand_over_note"):
        Traits(peer_port=1, hand_over_note="a word of an older version")  # type: ignore[call-arg]


def test_who_leads_is_in_the_leading_role_and_others_are_not(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = lab_inventory.of_role("redis")
    monkeypatch.setattr(RedisCluster, "leader", lambda _: second)
    cluster = RedisCluster(lab_inventory, NOWHERE)
    assert [cluster.role(host) for host in (first, second, third)] == ["replica", "master", "replica"]
    assert [cluster.target(role) for role in ("master", "replica", "sentinel")] == [second, first, first]
    monkeypatch.setattr(RedisCluster, "members", (second,))
    with pytest.raises(NoMemberError, match="no member of redis is replica"):
        cluster.target("replica")


def test_roles_are_of_some_hosts_only(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = read(lab, "kubernetes")
    servers, agents = inventory.of_role("k3s-server"), inventory.of_role("k3s-agent")
    monkeypatch.setattr(KubernetesCluster, "leader", lambda _: servers[0])
    monkeypatch.setattr(KubernetesCluster, "leads_etcd", lambda _, host: host == servers[1])
    cluster = KubernetesCluster(inventory, NOWHERE)
    assert [cluster.role(host) for host in (servers[0], servers[1], agents[0])] == ["leader", "server", "agent"]
    assert [cluster.target(role) for role in ("leader", "server", "agent")] == [servers[0], servers[2], agents[0]]
    assert electorate_of(cluster, servers[0]) == Electorate(dict.fromkeys(servers, 1), 2)
    assert electorate_of(cluster, agents[0]) == Electorate(dict.fromkeys(agents, 1), 1)


def test_votes_are_asked_of_the_service(lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {"maria-01": 2, "maria-02": 1, "maria-03": 1}

    def weight_of(_: object, host: Host) -> int:
        return weights[host.name]

    monkeypatch.setattr(mariadb, "weight_of", weight_of)
    for service, needed in (("redis", 2), ("mariadb", 3), ("haproxy", 1)):
        cluster = cluster_of(lab_inventory, NOWHERE, service)
        assert electorate_of(cluster, cluster.members[0]).needed == needed
    cluster = cluster_of(lab_inventory, NOWHERE, "mariadb")
    assert {host.name: votes for host, votes in electorate_of(cluster, cluster.members[0]).votes.items()} == weights


def test_where_the_place_decides_who_leads_a_host_is_what_it_is_asked_to_be(
    lab_inventory: Inventory, tmp_path: Path
) -> None:
    session = Session(lab_inventory, NOWHERE, tmp_path)
    cluster = cluster_of(lab_inventory, NOWHERE, "rabbitmq")

    def of(case: Case) -> tuple[str, str]:
        injection = Injection(session, cluster, case, "1", cast("Any", None))
        return injection.host.name, injection.role

    second = cluster.members[1].name
    assert of(Case("rabbitmq", "isolate", "follower", second)) == (second, "follower")
    assert of(Case("rabbitmq", "isolate", "", second)) == (second, "leader")
    assert of(Case("rabbitmq", "isolate", "follower")) == (second, "follower")


def test_what_records_say_of_roles(lab: Path) -> None:
    assert [usual(service) for service in CAN] == [
        "leader",
        "master",
        "leader",
        "node",
        "writer",
        "proxy",
        "proxy",
        "leader",
    ]
    assert (leading("minio"), leading("mariadb")) == ("", "writer")
    assert (behind("haproxy"), behind("proxysql"), behind("redis")) == (("postgresql", "redis"), ("mariadb",), ())
    settings = read(lab, "all").settings
    assert component_of("redis", "sentinel", settings) == "sentinel"
    assert component_of("redis", "majority", settings) == "redis"
    assert component_of("kubernetes", "agent", settings) == "kubelet"


@pytest.mark.parametrize(
    ("role", "problem"),
    [
        (MemberRole("second", 1, leads=True), "redis: member roles master and second both lead: only one can"),
        (
            MemberRole("odd", 1, components=("patroni",)),
            "member role 'odd': components: no 'patroni': there are redis,",
        ),
        (MemberRole("odd", 1, hosts=("minio",)), "member role 'odd': hosts: no 'minio': there are redis"),
    ],
)
def test_member_roles_that_cannot_be_are_refused(role: MemberRole, problem: str) -> None:
    record = registry.service("redis")
    with pytest.raises(registry.RegistryError, match=problem):
        registry.check([dataclasses.replace(record, member_roles=(*record.member_roles, role))])


@pytest.mark.parametrize(
    ("service", "member", "status"), [("minio", "minio-01", 503), ("kubernetes", "k3s-master-01", 500)]
)
def test_a_member_without_its_quorum_is_not_counted_among_those_that_are_left(
    service: str, member: str, status: int, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise ApiError(status, "etcd failed")

    monkeypatch.setattr(Pages, "ask", lambda *_: Page(status, "", b"", ""))
    api = type("Refusing", (), {"get": refused})()
    monkeypatch.setattr(Kubernetes, "api", lambda *_: api)
    inventory = read(lab, "all")
    probed = cluster_of(inventory, NOWHERE, service).probe(inventory.host(member))()
    assert probed.away, probed.role
    assert probed.role != "silent"


def test_the_loss_of_a_majority_takes_the_heaviest_votes_or_says_why_not(
    lab_inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = {"maria-01": 1, "maria-02": 1, "maria-03": 3}
    monkeypatch.setattr(mariadb, "weight_of", lambda _, host: weights[host.name])
    monkeypatch.setattr(mariadb.MariadbCluster, "leader", lambda cluster: cluster.members[0])
    chosen: list[str] = []

    class Chosen(Injection):
        """Tells whom it is about."""

        def guard(self, **_: object) -> Fault:
            chosen.append(self.host.name)
            return Fault("power-off", CRASH)

        def arithmetic(self) -> Any:
            return ""

    monkeypatch.setattr(quorum_loss, "Injection", Chosen)
    monkeypatch.setattr(mariadb, "mariadb_budget", lambda *_: budget([]))
    session = Session(lab_inventory, NOWHERE, tmp_path)
    cluster = cluster_of(lab_inventory, NOWHERE, "mariadb")
    Experiment(session, QuorumLoss(cluster)).plan()
    assert chosen == ["maria-01", "maria-03"]
    five = [*cluster.members, *lab_inventory.of_role("redis")[:2]]
    voting = Electorate(dict.fromkeys(five, 1), 3)
    monkeypatch.setattr(quorum_loss, "electorate_of", lambda *_: voting)
    with pytest.raises(UnavailableError, match="no loss of two members takes the majority: 3 votes are left without"):
        Experiment(session, QuorumLoss(cluster)).plan()
