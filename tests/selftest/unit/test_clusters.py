"""Several clusters of one service: each is checked, drilled, leased and remembered for itself; one keeps its names."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from invoke.exceptions import Exit

from hadrill.chaos import draw
from hadrill.chaos.possible import possible
from hadrill.chaos.schedule import Schedule, ScheduleError
from hadrill.cli.command import commands
from hadrill.drill import Case
from hadrill.drill.collecting import Selection, cases
from hadrill.drill.result import Result
from hadrill.drill.scenarios import QuorumLoss, SingleFault
from hadrill.install.tasks import refuse_several
from hadrill.inventory import Inventory, NotInInventoryError, read
from hadrill.remote import Remote
from hadrill.report.drills import by_key, table
from hadrill.report.screen import Screen
from hadrill.services.clusters import cluster_of, clusters_of
from hadrill.services.haproxy.cluster import HaproxyCluster
from hadrill.services.kubernetes import backends
from hadrill.services.redis.facts import orders
from hadrill.services.redis.service import Redis
from hadrill.services.versions import running_versions
from tests.selftest.unit.conftest import quietened
from tests.selftest.unit.projects import pytest_on

LISTED = {"master": ("power-off",), "replica": ("isolate",)}
HOUR = 3600.0
BASIC = """
import pytest
pytestmark = pytest.mark.service("redis")

def test_names(redis, tmp_path_factory):
    print(*redis.members, redis.entry_point)

@pytest.mark.service("minio")
def test_minio(minio):
    pass
"""


@pytest.fixture
def remote(two: Path) -> Remote:
    """Nobody is asked."""
    return Remote(read(two))


@pytest.fixture
def quiet_two(two: Path) -> Path:
    """Two clusters of Redis, at addresses where nobody listens."""
    return quietened(two)


def test_a_cluster_is_about_its_own_members_proxies_and_way_in(two: Path, remote: Remote) -> None:
    inventory = read(two)
    sessions = cluster_of(inventory, remote, "redis", "sessions")
    assert (sessions.name, sessions.label) == ("sessions", "redis/sessions")
    assert [host.name for host in sessions.members] == ["sessions-01", "sessions-02", "sessions-03"]
    assert sessions.shared == inventory.of_role("haproxy")
    redis = Redis(sessions.inventory)
    assert (redis.entry_point, redis.backend) == ("198.18.0.10:6380", "be_redis_sessions")
    assert [cluster.label for cluster in clusters_of(inventory, remote, "redis")] == ["redis/redis", "redis/sessions"]
    asked = {question.payload for order in orders(redis, 30).values() for question in order.questions.values()}
    assert any("scope=be_redis_sessions" in payload for payload in asked)
    assert not any("be_redis_master" in payload for payload in asked)


def test_a_client_goes_to_the_port_of_its_way_in(two: Path) -> None:
    inventory = read(two)
    sessions = Redis(inventory.about(inventory.cluster("redis", "sessions")))
    known: dict[str, Any] = sessions.client(sessions.entry_point).connection_pool.connection_kwargs
    assert (known["host"], known["port"]) == ("198.18.0.10", 6380)
    member: dict[str, Any] = sessions.client("198.18.2.1").connection_pool.connection_kwargs
    assert (member["host"], member["port"]) == ("198.18.2.1", 6379)


def test_one_of_several_must_be_named_and_the_only_one_need_not(two: Path, remote: Remote) -> None:
    with pytest.raises(NotInInventoryError, match="say which: redis, sessions"):
        cluster_of(read(two), remote, "redis")
    minio = cluster_of(read(two), remote, "minio")
    assert (minio.name, minio.label) == ("", "minio")
    assert cluster_of(read(two), remote, "minio", "minio").label == "minio"


def test_proxies_are_drilled_with_every_cluster_behind_them(two: Path, remote: Remote) -> None:
    rows = "".join(f"orders-0{n}\t198.18.3.{n}\t\torders-0{n}.test\tpostgresql\torders\t\n" for n in (1, 2, 3))
    with (two / "servers.tsv").open("a", encoding="ascii") as file:
        file.write(rows)
    with (two / "topology.yaml").open("a", encoding="ascii") as file:
        ways = "[{port: 5432, address: 198.18.0.10, at: 5433}, {port: 6432, address: 198.18.0.10, at: 6433}]"
        file.write(f"  - {{name: orders, service: postgresql, ways_in: {ways}}}\n")
    proxies = cluster_of(read(two), remote, "haproxy")
    assert isinstance(proxies, HaproxyCluster)
    assert [cluster.label for cluster in proxies.inner] == [
        "postgresql/db",
        "postgresql/orders",
        "redis/redis",
        "redis/sessions",
    ]
    names = [lane.name for lane in proxies.place("0123456789ab").lanes]
    assert len(set(names)) == len(names) == 16
    orders = {"write new 5432 postgresql/db", "write new 5432 postgresql/orders", "read pooled 6432 postgresql/orders"}
    assert orders | {"write new 6379 redis/sessions"} <= set(names)


def test_proxies_of_another_cluster_are_not_before_it(two: Path, remote: Remote) -> None:
    text = (two / "servers.tsv").read_text("ascii")
    (two / "servers.tsv").write_text(text.replace("\thaproxy\tproxy\t\nhaproxy-02", "\thaproxy\ta\t\nhaproxy-02"))
    (two / "topology.yaml").write_text(
        "clusters:\n"
        "  - {name: redis, service: redis, proxies: [a]}\n"
        "  - {name: sessions, service: redis, proxies: [proxy], ways_in: [{port: 6379, address: 198.18.0.12}]}\n"
    )
    inventory = read(two)
    first, second = clusters_of(inventory, remote, "redis")
    assert [str(host) for host in first.shared] == ["haproxy-01"]
    assert [str(host) for host in second.shared] == ["haproxy-02"]
    before = [str(host) for cluster in clusters_of(inventory, remote, "haproxy") for host in cluster.members]
    assert before == ["haproxy-01", "haproxy-02"]
    behind = [
        [inner.label for inner in proxies.inner if inner.service == "redis"]
        for proxies in clusters_of(inventory, remote, "haproxy")
        if isinstance(proxies, HaproxyCluster)
    ]
    assert behind == [["redis/redis"], ["redis/sessions"]]


def test_drills_name_the_cluster_where_there_are_several(two: Path, lab_inventory: Inventory) -> None:
    made = cases(read(two), "redis", LISTED, Selection())
    assert [str(case) for case in made] == [
        "redis-master-power-off",
        "redis-replica-isolate",
        "sessions-master-power-off",
        "sessions-replica-isolate",
    ]
    of_one = cases(read(two), "redis", LISTED, Selection(cluster="sessions"))
    assert [(case.cluster, case.what) for case in of_one] == [
        ("sessions", "master-power-off"),
        ("sessions", "replica-isolate"),
    ]
    on_one = cases(read(two), "redis", LISTED, Selection(node="sessions-02", fault="slow-link"))
    assert on_one == [Case("redis", "slow-link", "", "sessions-02", "sessions")]
    named = cases(lab_inventory, "redis", LISTED, Selection(cluster="redis"))
    assert named == cases(lab_inventory, "redis", LISTED, Selection()) != []
    assert [str(case) for case in named] == ["master-power-off", "replica-isolate"]
    assert cases(lab_inventory, "minio", {"node": ("power-off",)}, Selection(cluster="redis")) == []
    assert list(Selection(cluster="cache").problems(read(two))) == [
        "--cluster cache: no such cluster; there are db, redis, sessions, queue, minio, maria, proxy, sqlproxy"
    ]


def test_titles_folders_and_results_carry_the_cluster(two: Path, remote: Remote) -> None:
    sessions = cluster_of(read(two), remote, "redis", "sessions")
    scenario = SingleFault(sessions, Case("redis", "isolate", "master", cluster="sessions"))
    assert (scenario.name, scenario.folder) == ("redis/sessions master-isolate", "redis-sessions-master-isolate")
    loss = QuorumLoss(sessions)
    assert (loss.name, loss.case.cluster) == ("redis/sessions quorum-loss", "sessions")
    minio = cluster_of(read(two), remote, "minio")
    alone = SingleFault(minio, Case("minio", "isolate", "node"))
    assert (alone.name, alone.folder) == ("minio node-isolate", "minio-node-isolate")


def test_the_history_of_a_single_cluster_keeps_its_keys() -> None:
    result = Result("1", "redis", "redis-01", "master", "isolate")
    old = {name: value for name, value in result.as_json().items() if name != "cluster"}
    rows: list[Any] = [old, result.as_json(), replace(result, cluster="sessions").as_json()]
    assert {key: len(made) for key, made in by_key(rows).items()} == {
        "redis/master/isolate": 2,
        "redis/sessions/master/isolate": 1,
    }
    shown = "\n".join(table(rows, Screen()))
    assert "redis/sessions  redis-01" in shown


def test_a_schedule_draws_each_cluster_for_itself(two: Path, lab_inventory: Inventory) -> None:
    drawn, before = draw(42, HOUR, read(two)), draw(42, HOUR, lab_inventory)
    assert set(drawn.labels) - set(before.labels) == {"redis/redis", "redis/sessions"}
    assert [made.steps for made in drawn.of("minio")] == [made.steps for made in before.of("minio")]
    assert {made.cluster for made in drawn.of("redis/sessions")} == {"sessions"}
    assert [made.steps for made in drawn.of("redis/sessions")] != [made.steps for made in drawn.of("redis/redis")]
    targets = {step.target for made in drawn.of("redis/sessions") for step in made.steps}
    assert {"sessions-01", "haproxy-01"} <= targets
    assert "redis-01" not in targets
    assert draw(42, HOUR, read(two), clusters=["sessions"]).labels == ("redis/sessions",)
    assert possible(drawn, read(two)) == drawn
    with pytest.raises(ScheduleError, match="no cluster 'redis/sessions' here: there are redis"):
        possible(drawn, lab_inventory)


def test_a_schedule_of_before_is_read(lab_inventory: Inventory, tmp_path: Path) -> None:
    drawn = draw(42, 600.0, lab_inventory)
    content = json.loads(drawn.as_json())
    for made in content["rounds"]:
        del made["cluster"]
    (tmp_path / "schedule.json").write_text(json.dumps(content))
    assert Schedule.read(tmp_path / "schedule.json", "lab") == drawn


@pytest.mark.parametrize(
    ("options", "ran"),
    [
        ((), ["test_names[redis]", "test_names[sessions]", "test_minio"]),
        (("--cluster", "sessions"), ["test_names[sessions]"]),
        (("--hadrill-cluster=minio",), ["test_minio"]),
    ],
)
def test_checks_are_made_of_each_cluster(
    options: tuple[str, ...], ran: list[str], project: Path, quiet_two: Path
) -> None:
    (project / "tests" / "basic" / "test_it.py").write_text(BASIC)
    done = pytest_on(project, "tests/basic", "--inventory", str(quiet_two), "--no-page", "-v", "-s", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    checks = json.loads((project / "reports" / "latest" / "summary.json").read_text())["checks"]
    assert sorted(check["id"].partition("::")[2] for check in checks) == sorted(ran)
    modules = {check["module"] for check in checks if "names" in check["id"]}
    assert modules <= {"Redis redis", "Redis sessions"}
    if not options:
        assert "sessions-01 sessions-02 sessions-03 127.94.0.10:6380" in done.stdout
        assert "redis-01 redis-02 redis-03 127.94.0.10\n" in done.stdout


def test_the_ids_of_a_single_cluster_s_checks_stay(project: Path, quiet: Path) -> None:
    (project / "tests" / "basic" / "test_it.py").write_text(BASIC)
    done = pytest_on(project, "tests/basic", "--inventory", str(quiet), "--no-page", "-v", "--cluster", "redis")
    assert "test_it.py::test_names PASSED" in done.stdout, done.stdout + done.stderr
    checks = json.loads((project / "reports" / "latest" / "summary.json").read_text())["checks"]
    assert [(check["module"], check["check"]) for check in checks] == [("Redis", "names")]


def test_a_cluster_that_is_not_there_is_a_usage_error(project: Path, quiet_two: Path) -> None:
    (project / "tests" / "basic" / "test_it.py").write_text(BASIC)
    done = pytest_on(project, "tests/basic", "--inventory", str(quiet_two), "--cluster", "cache")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--cluster cache: no such cluster; there are db, redis, sessions" in done.stderr


@pytest.mark.parametrize("command", ["diagnose", "budget"])
def test_commands_ask_one_cluster_or_all(command: str, two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def one(_inventory: Inventory, _remote: Remote, service: str, name: str = "") -> object:
        asked.append(f"{service}/{name}")
        raise NotInInventoryError("no more is asked")

    def every(inventory: Inventory, *_: object) -> object:
        asked.extend(cluster.label for cluster in inventory.clusters_of("redis"))
        raise NotInInventoryError("no more is asked")

    monkeypatch.setattr("hadrill.cli.drills.cluster_of", one)
    monkeypatch.setattr("hadrill.cli.drills.clusters_of", every)
    for options in ([], ["--cluster", "sessions"]):
        done = CliRunner().invoke(commands, [command, "redis", "--inventory", str(two), *options])
        assert done.exit_code == 1
        assert "no more is asked" in done.output
    assert asked == ["redis/redis", "redis/sessions", "redis/sessions"]


def test_versions_and_pods_name_the_cluster(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hadrill.services.versions.failures", lambda: (Exception,))
    monkeypatch.setattr("hadrill.services.redis.service.CONNECT_SECONDS", 0.05)
    titles = running_versions(read(two))
    assert {"Redis redis", "Redis sessions", "MinIO"} <= set(titles)
    told: list[str] = []
    monkeypatch.setattr(backends, "present", lambda _: ("redis",))
    with backends.logins(read(two), "0123456789ab", told.append) as known:
        assert known["redis"]["host"] == "198.18.0.10"
    assert told == ["pods try redis/redis alone of the clusters of redis"]


def test_several_clusters_are_not_installed(two: Path, lab_inventory: Inventory) -> None:
    with pytest.raises(Exit, match="only one cluster of a service can be installed, and redis has several: redis, s"):
        refuse_several(read(two))
    refuse_several(lab_inventory)


def test_proxies_whose_clients_nobody_measures_are_not_drilled(lab: Path, remote: Remote) -> None:
    rows = (lab / "servers.tsv").read_text("ascii").splitlines()
    kept = [row for row in rows if not {"postgresql", "redis"} & set(row.split("\t"))]
    (lab / "servers.tsv").write_text("\n".join([*kept, ""]), "ascii")
    proxies = cluster_of(read(lab), remote, "haproxy")
    assert isinstance(proxies, HaproxyCluster)
    reason = "nothing stands behind them here whose clients would notice: that is postgresql, redis"
    assert proxies.why_not_available("power-off", "proxy") == reason
