"""topology.yaml: clusters of one service side by side, each with its members, proxies, ways in and credentials."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import Identifier

from hadrill.cli.command import commands
from hadrill.drill import aim
from hadrill.inventory import InvalidInventoryError, Inventory, NotInInventoryError, read
from hadrill.inventory.topology import FILE
from hadrill.placement import Container, Inside, Unit, placed
from hadrill.remote import Remote
from hadrill.services.clusters import cluster_of
from hadrill.services.finding import LeftOutError
from hadrill.services.placing import placed_in
from hadrill.services.postgresql import checks
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.postgresql.workload import lanes
from hadrill.services.proxies import checks_of, haproxy_on, pgbouncer_parts
from hadrill.services.redis.facts import orders
from hadrill.services.redis.record import SERVICE
from hadrill.services.redis.service import Redis
from hadrill.services.redis.settings import RedisSettings
from tests.selftest.unit.conftest import OWN_WAY, edit, problems_of


def test_clusters_are_derived_from_the_rows_where_nothing_else_says_them(lab_inventory: Inventory) -> None:
    found = {cluster.label: cluster for cluster in lab_inventory.clusters}
    assert list(found) == ["postgresql", "redis", "rabbitmq", "minio", "mariadb", "haproxy", "proxysql"]
    redis = found["redis"]
    assert [host.name for host in redis.members] == ["redis-01", "redis-02", "redis-03"]
    assert (redis.name, redis.only, redis.fronts, redis.credentials) == ("redis", True, ("proxy",), "")
    assert found["mariadb"].fronts == ("sqlproxy",)


def test_a_part_of_an_inventory_is_about_one_cluster(two: Path) -> None:
    inventory = read(two)
    assert [cluster.label for cluster in inventory.clusters_of("redis")] == ["redis/redis", "redis/sessions"]
    sessions = inventory.about(inventory.cluster("redis", "sessions"))
    assert [host.name for host in sessions.of_role("redis")] == ["sessions-01", "sessions-02", "sessions-03"]
    assert sessions.of_role("haproxy") == inventory.of_role("haproxy")
    assert str(sessions.entry_point(6379)) == "198.18.0.10:6380"
    assert sessions.entry_point(6379).backend == "be_redis_sessions"
    first = inventory.about(inventory.cluster("redis", "redis"))
    assert [host.name for host in first.of_role("redis")] == ["redis-01", "redis-02", "redis-03"]
    assert str(first.entry_point(6379)) == "lb-01 (198.18.0.10:6379)"
    assert len(inventory.of_role("redis")) == 6, "the whole is about all hosts"


def test_who_does_not_say_which_of_several_clusters_is_told(two: Path) -> None:
    inventory = read(two)
    with pytest.raises(NotInInventoryError, match=r"redis has 2 clusters in .*: say which: redis, sessions"):
        Redis(inventory)
    with pytest.raises(NotInInventoryError, match=r"no cluster 'cache' of redis in .*: there are redis, sessions"):
        inventory.cluster("redis", "cache")


def test_members_may_be_named_whatever_their_row_says(lab: Path) -> None:
    edit(lab, "servers.tsv", "\tredis\tredis\tfirst", "\tredis\tx\tfirst")
    (lab / FILE).write_text("clusters:\n  - {name: redis, service: redis, members: [redis-01, redis-02, redis-03]}\n")
    assert [host.name for host in read(lab).cluster("redis").members] == ["redis-01", "redis-02", "redis-03"]


def test_credentials_are_a_clusters_own_where_its_folder_has_them(two: Path) -> None:
    file = two / "credentials" / "sessions" / "redis.env"
    file.parent.mkdir(mode=0o700)
    file.touch(mode=0o600)
    file.write_text("REDIS_PASSWORD=of-sessions-only\n")
    inventory = read(two)
    sessions = inventory.about(inventory.cluster("redis", "sessions"))
    first = inventory.about(inventory.cluster("redis", "redis"))
    assert sessions.credentials.secret("redis", "REDIS_PASSWORD") == "of-sessions-only"
    assert first.credentials.secret("redis", "REDIS_PASSWORD") != "of-sessions-only"
    for part in (inventory, sessions, first):
        assert part.credentials.values() == inventory.credentials.values(), "who hides secrets must know all"
        assert "of-sessions-only" in part.credentials.values()


def test_settings_are_a_clusters_own_where_the_topology_says_so(two: Path) -> None:
    edit(two, FILE, "    ways_in", "    settings: {master_name: sessions-master, quorum: 3}\n    ways_in")
    inventory = read(two)
    first, sessions = (inventory.about(inventory.cluster("redis", name)) for name in ("redis", "sessions"))
    usual = inventory.settings.of(RedisSettings)
    own = usual.model_copy(update={"master_name": "sessions-master", "quorum": 3})
    for part, values in ((first, usual), (sessions, own), (sessions.about(first.cluster("redis")), usual)):
        assert part.settings.of(RedisSettings) == values
        assert Redis(part).settings == values


def test_missing_credentials_are_written_for_each_cluster(two: Path) -> None:
    (two / "credentials" / "redis.env").unlink()
    done = CliRunner().invoke(commands, ["inventory", "credentials", "--inventory", str(two)])
    assert done.exit_code == 0, done.output
    written = {name: (two / "credentials" / name / "redis.env").read_text() for name in ("redis", "sessions")}
    assert written["redis"] != written["sessions"]
    assert [cluster.credentials for cluster in read(two).clusters_of("redis")] == ["redis", "sessions"]


def _second_proxies(folder: Path) -> None:
    edit(folder, "servers.tsv", "\thaproxy\tproxy\t\nhaproxy-02", "\thaproxy\tother\t\nhaproxy-02")


MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no service": (
        lambda f: edit(f, FILE, "service: redis", "service: redys"),
        "topology.yaml:3:5: no service 'redys'. Use one of: postgresql, redis",
    ),
    "no host": (
        lambda f: edit(f, FILE, "    ways_in", "    members: [sessions-01, session-02, sessions-03]\n    ways_in"),
        "topology.yaml:4:28: sessions: no host 'session-02'. Correct the name, or add its row",
    ),
    "a host of another service": (
        lambda f: edit(f, FILE, "    ways_in", "    members: [sessions-01, minio-01]\n    ways_in"),
        "topology.yaml:4:28: sessions: minio-01 is minio in servers.tsv, not redis",
    ),
    "no such cluster": (
        lambda f: edit(f, FILE, "name: sessions", "name: session"),
        "topology.yaml:2:5: no host of redis has the cluster 'session'",
    ),
    "no such proxies": (
        lambda f: edit(f, FILE, "    ways_in", "    proxies: [front]\n    ways_in"),
        "topology.yaml:4:15: sessions: no proxies 'front': there are proxy",
    ),
    "no such port": (
        lambda f: edit(f, FILE, "port: 6379", "port: 6380"),
        "topology.yaml:5:10: sessions: redis has no port 6380: it has 6379, 26379, 26380. `port` is the service's",
    ),
    "no address": (
        lambda f: edit(f, FILE, "198.18.0.10", "198.18.0.300"),
        "topology.yaml:5:22: clusters.0.ways_in.0.address: ",
    ),
    "twice": (
        lambda f: edit(f, FILE, "clusters:\n", "clusters:\n  - {name: sessions, service: redis}\n"),
        "topology.yaml:3:5: cluster sessions of redis stands twice",
    ),
    "a member twice": (
        lambda f: edit(f, FILE, "    ways_in", "    members: [sessions-01, sessions-02, sessions-01]\n    ways_in"),
        "topology.yaml:4:41: sessions-01 is a member twice in sessions of redis. A host is in one cluster",
    ),
    "a member of two": (
        lambda f: edit(
            f,
            FILE,
            "clusters:\n",
            "clusters:\n  - {name: a, service: redis, members: [redis-01]}\n"
            "  - {name: b, service: redis, members: [redis-01]}\n",
        ),
        "topology.yaml:3:41: redis-01 is a member in a and in b of redis. A host is in one cluster",
    ),
    "one way in for two": (
        lambda f: edit(f, FILE, ", at: 6380", ""),
        "servers.tsv:30:1: redis/redis and redis/sessions have the same way in: lb-01 (198.18.0.10:6379)",
    ),
    "which proxies": (
        _second_proxies,
        "redis/sessions: nothing says which proxies are before it: other or proxy. Say `proxies: [NAME]`",
    ),
    "a typing error": (
        lambda f: edit(f, FILE, "ways_in", "way_in"),
        "topology.yaml:4:5: clusters.0.way_in: Extra inputs are not permitted",
    ),
    "an unknown setting": (
        lambda f: edit(f, FILE, "    ways_in", "    settings: {quorum: 2, master: x}\n    ways_in"),
        "topology.yaml:4:27: sessions: master: Extra inputs are not permitted",
    ),
    "settings of a service that has none": (
        lambda f: edit(f, FILE, "clusters:\n", "clusters:\n  - {name: queue, service: rabbitmq, settings: {a: 2}}\n"),
        "queue: rabbitmq has no settings of its own",
    ),
    "a secret": (
        lambda f: edit(f, FILE, "    ways_in", "    password: hunter22\n    ways_in"),
        "topology.yaml:4:5: password is a secret",
    ),
    "no credentials": (
        lambda f: edit(f, FILE, "    ways_in", "    credentials: of-sessions\n    ways_in"),
        "credentials/of-sessions/redis.env: the credentials of redis in of-sessions are missing",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_once_at_its_place(mistake: str, two: Path) -> None:
    spoil, expected = MISTAKES[mistake]
    spoil(two)
    problems = [problem for problem in problems_of(two) if "redis/redis: nothing says" not in problem]
    assert expected in problems[0]
    assert len(problems) == 1, problems


def test_a_row_that_is_left_out_is_not_missed_in_the_topology(two: Path) -> None:
    edit(two, FILE, "    ways_in", "    members: [sessions-01, sessions-02, sessions-03]\n    ways_in")
    edit(two, "servers.tsv", "198.18.2.2", "198.18.2.300")
    assert [problem.partition(".")[0] for problem in problems_of(two)] == ["servers"]


def test_without_proxies_a_cluster_with_ways_in_needs_none(lab: Path) -> None:
    rows = (lab / "servers.tsv").read_text("ascii").splitlines(keepends=True)
    gone = ("haproxy", "db-", "queue", "proxysql", "maria")
    (lab / "servers.tsv").write_text("".join(row for row in rows if not row.startswith(gone)), "ascii")
    text = (lab / "settings.yaml").read_text()
    (lab / "settings.yaml").write_text(text.replace("targets: [haproxy]", "targets: [redis]"))
    edit(lab, "settings.yaml", "targets: [proxysql]", "targets: [minio]")
    assert [line.partition(":")[2] for line in problems_of(lab)] == [
        "3:1: no host is haproxy: role redis has no partner. Add hosts of role haproxy."
    ]
    way = "{port: 6379, address: 198.18.0.123, between: [vip]}"
    (lab / FILE).write_text(f"clusters:\n  - {{name: redis, service: redis, ways_in: [{way}]}}\n")
    assert str(read(lab).entry_point(6379)) == "198.18.0.123:6379"


COMPONENTS = """    components:
      redis: {placement: container, container: kb-redis, data: /opt/keybuzz/redis/data}
      sentinel: {placement: unit, unit: redis-sentinel, configuration: /etc/redis/s.conf, data: /var/lib/sentinel}
      updater: {unit: update-master.service}
"""


@pytest.fixture
def placed_otherwise(two: Path) -> Path:
    """Of two clusters of Redis, the second as somebody else has placed it."""
    (two / FILE).write_text(OWN_WAY + COMPONENTS)
    return two


def test_components_run_as_the_topology_says_where_it_says_so(placed_otherwise: Path) -> None:
    inventory = read(placed_otherwise)
    sessions = inventory.about(inventory.cluster("redis", "sessions"))
    first = inventory.about(inventory.cluster("redis", "redis"))
    redis = placed_in(sessions, "redis", "redis")
    assert isinstance(redis, Container)
    assert (redis.container, redis.data) == ("kb-redis", "/opt/keybuzz/redis/data")
    sentinel = placed_in(sessions, "redis", "sentinel")
    assert isinstance(sentinel, Unit)
    assert (sentinel.unit, sentinel.configuration) == ("redis-sentinel.service", "/etc/redis/s.conf")
    assert placed_in(sessions, "redis", "updater").to_start == "systemctl start update-master"
    assert placed_in(first, "redis", "redis") == placed(SERVICE, "redis")
    assert placed_in(inventory, "redis", "redis", inventory.host("sessions-02")) == redis
    assert placed_in(inventory, "redis", "redis", inventory.host("redis-02")) == placed(SERVICE, "redis")


def test_faults_and_questions_are_about_what_runs_there(placed_otherwise: Path) -> None:
    inventory = read(placed_otherwise)
    remote = Remote(inventory)
    sessions, first = (cluster_of(inventory, remote, "redis", name) for name in ("sessions", "redis"))
    assert sessions.placement("master").to_start == "docker start kb-redis"
    assert sessions.placement("sentinel").to_start == "systemctl start redis-sentinel"
    assert "sentinel" in sessions.placements(sessions.members[0])
    assert "sentinel" not in first.placements(first.members[0])
    order = orders(Redis(sessions.inventory), 30)[sessions.members[0]]
    assert "docker logs" in order.commands["redis log"]
    assert "kb-redis" in order.commands["redis log"]
    assert "/var/lib/sentinel/sentinel.conf" in order.commands["sentinel files"]


def test_health_checks_are_read_where_the_proxies_keep_them(two: Path) -> None:
    with (two / FILE).open("a", encoding="ascii") as file:
        file.write(
            "  - name: proxy\n    service: haproxy\n    components:\n"
            "      haproxy: {placement: unit, unit: haproxy, configuration: /etc/haproxy/haproxy.cfg}\n"
            "      pgbouncer: {placement: unit, unit: pgbouncer, configuration: /etc/pgbouncer/pgbouncer.ini}\n"
        )
    inventory = read(two)
    asked: list[str] = []

    def run(_: object, command: str) -> SimpleNamespace:
        asked.append(command)
        return SimpleNamespace(stdout="backend be_x\n  default-server inter 7s\nserver_login_retry = 4\n")

    remote, host = cast("Remote", SimpleNamespace(run=run)), inventory.host("haproxy-01")
    postgresql = inventory.about_the("postgresql")
    assert checks_of(haproxy_on(postgresql, host), remote, host, "be_x").inter == 7.0
    assert [part.seconds for part in pgbouncer_parts(postgresql, remote, host)] == [15.0, 4.0]
    assert asked == ["cat /etc/haproxy/haproxy.cfg", "cat /etc/pgbouncer/pgbouncer.ini"]


def test_a_component_may_run_inside_another(two: Path) -> None:
    (two / FILE).write_text(OWN_WAY + "    components:\n      sentinel: {placement: inside, inside: redis}\n")
    inventory = read(two)
    sentinel = placed_in(inventory.about(inventory.cluster("redis", "sessions")), "redis", "sentinel")
    assert isinstance(sentinel, Inside)
    assert sentinel.carrier == placed(SERVICE, "redis")


WRONG_COMPONENTS: dict[str, tuple[str, str, str]] = {
    "no such component": (
        "redis: {placement: container",
        "reddis: {placement: container",
        "topology.yaml:7:7: sessions: redis has no component 'reddis'. Use one of: redis, sentinel",
    ),
    "no such placement": (
        "placement: container,",
        "placement: compose,",
        "topology.yaml:7:15: clusters.0.components.redis.placement: Value error, 'compose' should be one of:",
    ),
    "a key of another placement": (
        "container: kb-redis",
        "unit: kb-redis",
        "topology.yaml:7:37: sessions: redis has `unit`, and its placement is container. Take `unit` out",
    ),
    "no path": (
        "data: /opt/keybuzz/redis/data",
        "data: opt/keybuzz",
        "topology.yaml:7:58: clusters.0.components.redis.data: Value error, 'opt/keybuzz' must be a path from '/' on",
    ),
    "shell in a name": (
        "container: kb-redis",
        'container: "kb;reboot"',
        "clusters.0.components.redis.container: Value error, 'kb;reboot' must be letters, digits",
    ),
    "a component twice": (
        "updater: {unit: update-master.service}",
        "sentinel: {placement: inside}",
        "sentinel stands twice",
    ),
    "inside itself": (
        "{placement: container, container: kb-redis, data: /opt/keybuzz/redis/data}",
        "{placement: inside, inside: redis}",
        "topology.yaml:7:7: sessions: redis runs inside redis, which leads back to it. Say `inside:` with one of",
    ),
    "inside what is not there": (
        "{placement: container, container: kb-redis, data: /opt/keybuzz/redis/data}",
        "{placement: inside, inside: valkey}",
        "sessions: redis runs inside 'valkey', which is no component",
    ),
    "inside without a process": (
        "updater: {unit: update-master.service}",
        "updater: {placement: inside, inside: redis}",
        "sessions: updater has no process by which it would be known inside another",
    ),
}


@pytest.mark.parametrize("mistake", WRONG_COMPONENTS)
def test_a_component_that_cannot_be_meant_is_told_once_at_its_place(mistake: str, placed_otherwise: Path) -> None:
    old, new, expected = WRONG_COMPONENTS[mistake]
    edit(placed_otherwise, FILE, old, new)
    problems = problems_of(placed_otherwise)
    assert expected in problems[0]
    assert len(problems) == 1, problems


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_topology_ends_in_a_traceback(placed_otherwise: Path, data: st.DataObject) -> None:
    file = placed_otherwise / FILE
    original = OWN_WAY + COMPONENTS
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + 40)))
    noise = data.draw(st.text(alphabet="\t\n:[]{}&*!|>-'\"#,. ab01", max_size=30))
    file.write_text(original[:start] + noise + original[end:], "ascii")
    with contextlib.suppress(InvalidInventoryError):
        read(placed_otherwise)


PORTS = (
    OWN_WAY
    + """    components:
      redis: {ports: {6379: 6390}}
      sentinel: {ports: {26379: 26390}}
"""
)


def test_members_may_listen_elsewhere_and_clients_of_the_way_in_do_not_care(two: Path) -> None:
    (two / FILE).write_text(PORTS)
    inventory = read(two)
    remote = Remote(inventory)
    sessions, first = (cluster_of(inventory, remote, "redis", name) for name in ("sessions", "redis"))
    about = Redis(sessions.inventory)

    def reached(redis: Redis, address: str, *port: int) -> tuple[str, int]:
        known = redis.client(address, *port).connection_pool.connection_kwargs
        return known["host"], known["port"]

    assert reached(about, "198.18.2.1") == ("198.18.2.1", 6390)
    assert reached(about, "198.18.2.1", 26379) == ("198.18.2.1", 26390)
    assert about.client("198.18.2.1", 26379).connection_pool.connection_kwargs["password"] is None, "a Sentinel's"
    assert reached(about, about.entry_point) == ("198.18.0.10", 6380)
    assert reached(Redis(first.inventory), "198.18.0.123") == ("198.18.0.123", 6379)
    order = orders(about, 30)[sessions.members[0]]
    asked = {name: question.port for name, question in order.questions.items()}
    assert asked["redis"] == asked["redis@sessions-02"] == 6390
    assert asked["sentinel"] == asked["sentinel@sessions-02"] == 26390


def test_a_proxy_on_a_member_s_host_is_reached_at_its_own_port(two: Path) -> None:
    (two / FILE).write_text(PORTS)
    inventory = read(two)
    way = inventory.about(inventory.cluster("redis", "sessions")).entry_point(6379)
    assert way.behind == ":6380"
    assert inventory.about_the("minio").entry_point(9000).behind == ":9000"


def test_faults_cut_the_ports_at_which_members_listen(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (two / FILE).write_text(PORTS)
    inventory = read(two)
    remote = Remote(inventory)
    monkeypatch.setattr(aim, "runner_address", lambda *_: "198.18.0.1")
    sessions = cluster_of(inventory, remote, "redis", "sessions")
    target = aim.target_of(remote, sessions, "cut-port", sessions.members[0], "sentinel", "0123456789ab")
    assert (target.service_port, target.peer_port) == (26390, 6390)


def test_a_port_that_the_service_does_not_have_is_told(two: Path) -> None:
    (two / FILE).write_text(PORTS.replace("{6379: 6390}", "{6390: 6379}"))
    (problem,) = problems_of(two)
    assert problem.startswith(
        "topology.yaml:7:23: sessions: redis has no port 6390: it has 6379, 26379. Write the usual"
    )


def test_a_stack_of_another_making_without_a_pool_has_no_check_and_no_clients_of_one(lab: Path) -> None:
    assert Postgresql(read(lab)).has_pool
    edit(lab, "settings.yaml", "ports: [5432, 6432, ", "ports: [5432, ")
    assert Postgresql(read(lab)).has_pool, "an installation without the port is a mistake, and its check is red"
    edit(lab, "settings.yaml", "name: lab\n", "name: lab\nadopted: true\n")
    service = Postgresql(read(lab))
    with pytest.raises(LeftOutError, match="no PgBouncer leads to it"):
        checks.pgbouncer(service)
    assert {lane.connection for lane in lanes(service, Identifier("drill"))} == {"new"}
