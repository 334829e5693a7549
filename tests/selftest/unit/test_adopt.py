"""What hosts say of a stack becomes an inventory: recognised, grouped, written and read again."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from hadrill.adopt.grouping import Grouping, unknown_peers
from hadrill.adopt.recognise import Part, adoptions, claimed
from hadrill.adopt.sources import SourceError, from_file, plain
from hadrill.adopt.survey import Survey
from hadrill.adopt.writing import Adopted, network_of
from hadrill.inventory import Host, read
from hadrill.inventory.settings import Ssh
from hadrill.services.adopting import UNUSED, Lead, Program, Told
from hadrill.services.haproxy.adoption import pooled
from hadrill.services.haproxy.configuration import leads
from hadrill.services.minio.adoption import expanded
from hadrill.services.redis.service import Redis

SENTINEL = """
sentinel monitor orders 198.18.0.1 6380 2
sentinel auth-pass orders "a secret"
sentinel down-after-milliseconds orders 5000
sentinel known-replica orders 198.18.0.2 6380
sentinel known-sentinel orders 198.18.0.2 26379 abc
sentinel monitor other 198.18.0.9 6379 2
"""
REDIS = "port 6380\nrequirepass secret-of-redis\ndir /data\n"
PATRONI = """
scope: orders-db
name: one
restapi: {connect_address: "198.18.0.1:8008", authentication: {username: p, password: rest-secret}}
etcd3: {hosts: "198.18.0.1:2379"}
bootstrap: {dcs: {ttl: 40}}
postgresql:
  connect_address: 198.18.0.1:5433
  data_dir: /var/lib/postgresql/17/main
  authentication: {superuser: {username: postgres, password: super-secret}}
"""
HAPROXY = """
global
    stats socket /run/haproxy/admin.sock mode 600
frontend redis-in
    bind 0.0.0.0:6379,:::6379
    default_backend masters   # one server
backend masters
    server m 127.0.0.1:6380 check disabled
listen stats
    bind :8404
    stats enable
"""
STATE = "1\n# be_id be_name srv_id\n4 masters 1 m 198.18.0.2 2 4 1 1 972 15 3 2 6 0 0 0 - 6380 - 0 0 - - 0\n\n"


def host(number: int) -> Host:
    return Host(f"198.18.0.{number}", f"198.18.0.{number}", "", f"h{number}", "base", "", "", 0)


def surveyed(number: int, *programs: Program) -> Survey:
    own = (IPv4Interface(f"198.18.0.{number}/24"),)
    return Survey(host(number), f"Host_{number}", f"Host_{number}", own, programs)


def redis(port: int = 6380, container: str = "") -> Program:
    command = (f"redis-server *:{port}",)
    return Program(1, command, ("redis-server", "/etc/redis/redis.conf"), (port,), container=container)


def told(program: Program, service: str, answers: Mapping[str, str]) -> Told:
    adoption = adoptions()[service]
    assert adoption.component(program)
    return adoption.told(program, answers)


def test_a_path_in_a_container_is_found_on_the_host() -> None:
    program = Program(1, ("x",), container="c", mounts={"/data": "/opt/r/data", "/data/conf": "/etc/r"})
    assert program.path("/data/state.conf") == "/opt/r/data/state.conf"
    assert program.path("/data/conf/a.conf") == "/etc/r/a.conf"
    assert program.path("/elsewhere") == ""
    assert Program(1, ("x",)).path("/elsewhere") == "/elsewhere"


def test_files_are_taken_from_options_and_arguments() -> None:
    program = Program(1, ("p", "--config=/etc/p/p.yml", "/etc/q.yml", "relative.yml", "/etc/p/p.yml"))
    assert program.files(".yml") == ("/etc/p/p.yml", "/etc/q.yml")


def test_a_sentinel_says_the_master_the_replicas_and_what_else_it_monitors() -> None:
    program = Program(1, ("redis-sentinel *:26379 [sentinel]",), ("redis-sentinel", "/s.conf"), (26379,))
    assert adoptions()["redis"].component(program) == "sentinel"
    answer = told(program, "redis", {"/s.conf": SENTINEL})
    assert (answer.cluster, answer.peers) == ("orders", ("198.18.0.1", "198.18.0.2"))
    assert answer.settings == {"redis.master_name": "orders", "redis.quorum": 2, "redis.down_after_ms": 5000}
    assert answer.secrets == {("redis", "REDIS_PASSWORD"): "a secret"}
    assert "other" in answer.notes[0]


def test_a_redis_says_its_port_and_its_password() -> None:
    answer = told(redis(), "redis", {"/etc/redis/redis.conf": REDIS})
    assert (answer.ports, answer.data) == ({6379: 6380}, "/data")
    assert answer.secrets == {("redis", "REDIS_PASSWORD"): "secret-of-redis"}


def test_a_file_that_cannot_be_read_is_told() -> None:
    assert told(redis(), "redis", {"/etc/redis/redis.conf": ""}).notes == ("none of its files could be read",)


def test_what_a_file_includes_is_asked_next() -> None:
    adoption, program = adoptions()["redis"], redis()
    assert set(adoption.questions(program, {})) == {"/etc/redis/redis.conf"}
    answers = {"/etc/redis/redis.conf": "include /etc/redis/own.conf\n"}
    assert set(adoption.questions(program, answers)) == {"/etc/redis/redis.conf", "/etc/redis/own.conf"}


def test_patroni_says_scope_members_store_and_ports() -> None:
    program = Program(7, ("/usr/bin/python3", "/usr/bin/patroni", "/etc/p.yml"), (), (8008,), unit="patroni.service")
    page = 'HTTP/1.0 200 OK\r\n\r\n{"members": [{"host": "198.18.0.1"}, {"host": "198.18.0.2"}]}'
    answer = told(program, "postgresql", {"/etc/p.yml": PATRONI, "cluster": page})
    assert (answer.cluster, answer.names) == ("orders-db", ("one",))
    assert answer.peers == ("198.18.0.1", "198.18.0.2")
    assert answer.ports == {5432: 5433, 8008: 8008, 5010: 5010}
    assert answer.inside == {"postgres": "/var/lib/postgresql/17/main"}
    assert answer.settings == {"postgresql.ttl": 40}
    assert answer.secrets[("postgresql", "POSTGRES_PASSWORD")] == "super-secret"
    assert answer.secrets[("postgresql", "PATRONI_PASSWORD")] == "rest-secret"
    raft = "raft: {self_addr: '198.18.0.1:2222', partner_addrs: ['198.18.0.2:2222']}\nrestapi: {listen: '*:8008'}"
    own = "\n".join(line for line in PATRONI.splitlines() if not line.startswith(("etcd3", "restapi")))
    open_to_all = told(program, "postgresql", {"/etc/p.yml": f"{own}\n{raft}", "cluster": page})
    assert open_to_all.ports[5010] == 2222
    assert open_to_all.secrets[("postgresql", "PATRONI_PASSWORD")] == UNUSED


def test_a_store_that_is_not_drilled_is_told() -> None:
    program = Program(7, ("python3", "patroni", "/etc/p.yml"), (), (8008,))
    answer = told(program, "postgresql", {"/etc/p.yml": PATRONI.replace("etcd3", "consul")})
    assert any("consul" in note for note in answer.notes)
    assert any("REST" in note for note in answer.notes)


def test_minio_ranges_are_written_out() -> None:
    assert list(expanded("http://m-{01...03}:9000/d{1...2}"))[:3] == [
        "http://m-01:9000/d1",
        "http://m-01:9000/d2",
        "http://m-02:9000/d1",
    ]
    assert list(expanded("http://one/data")) == ["http://one/data"]


def test_minio_says_its_nodes_and_that_one_alone_survives_nothing() -> None:
    program = Program(1, ("minio", "server", "http://m-{1...3}:9000/data"), (), (9000,))
    assert told(program, "minio", {}).peers == ("m-1", "m-2", "m-3")
    assert told(Program(1, ("minio", "server", "/data"), (), (9000,)), "minio", {}).notes


def test_galera_says_its_name_and_addresses() -> None:
    program = Program(1, ("mariadbd",), (), (3306,))
    address = "gcomm://198.18.0.1,198.18.0.2:4567?x=1"
    printed = f"would start with:\n--wsrep_cluster_name=shop --wsrep_cluster_address={address} --port=3307"
    answer = told(program, "mariadb", {"options": printed})
    assert (answer.cluster, answer.peers, answer.ports) == ("shop", ("198.18.0.1", "198.18.0.2"), {3306: 3307})
    assert "Galera" in told(program, "mariadb", {"options": "--port=3306"}).notes[0]


def test_rabbitmq_says_nodes_by_their_hosts_and_which_do_not_run() -> None:
    program = Program(1, ("/usr/lib/erlang/beam.smp", "-s", "rabbit", "boot"), (), (5672,), container="mq")
    status = (
        '{"cluster_name": "rabbit@q-1", "disk_nodes": ["rabbit@q-1", "rabbit@q-2"], "running_nodes": ["rabbit@q-1"]}'
    )
    answer = told(program, "rabbitmq", {"status": status})
    assert (answer.cluster, answer.peers) == ("q-1", ("q-1", "q-2"))
    assert answer.notes == ("its node rabbit@q-2 does not run",)


def test_what_haproxy_runs_with_counts_more_than_its_file() -> None:
    assert leads(HAPROXY) == (Lead(6379, (("127.0.0.1", 6380),), "masters"),) * 2
    assert leads(HAPROXY, STATE)[0].servers == (("198.18.0.2", 6380),)


def test_pgbouncer_leads_where_its_databases_are() -> None:
    text = "[databases]\n* = host=127.0.0.1 port=5433\n[pgbouncer]\nlisten_port = 6433\n"
    assert pooled(text) == (Lead(6433, (("127.0.0.1", 5433),)),)
    assert pooled("nonsense") == ()


def stack() -> tuple[list[Survey], list[Part]]:
    """Two Redis with a container each, a third member that nobody looked at, and one proxy before them."""
    surveys = [
        surveyed(1, redis(container="kb-redis")),
        surveyed(2, redis(container="kb-redis")),
        surveyed(5, Program(3, ("haproxy", "-f", "/etc/haproxy/haproxy.cfg"), (), (6379,), unit="haproxy.service")),
    ]
    peers = ("198.18.0.1", "198.18.0.2", "198.18.0.3")
    parts = []
    for one in surveys:
        for part in claimed(one):
            answer = Told(
                "orders", peers=peers, ports={6379: 6380}, secrets={("redis", "REDIS_PASSWORD"): "a-secret-1"}
            )
            if part.service != "redis":
                answer = Told(leads=(Lead(6379, (("198.18.0.2", 6380),), "masters"),))
            parts.append(Part(part.host, part.service, part.component, part.program, answer))
    return surveys, parts


def test_members_that_name_each_other_are_a_cluster_and_proxies_lead_to_it() -> None:
    grouping = Grouping(*stack())
    cluster, proxies = grouping.groups
    assert (cluster.service, cluster.name, len(cluster.members)) == ("redis", "orders", 2)
    assert (proxies.service, proxies.members) == ("haproxy", (host(5),))
    (way,) = cluster.ways
    assert (way.usual, way.at, way.target, way.backend) == (6379, 6379, 6380, "masters")
    assert set(unknown_peers(grouping)) == {"198.18.0.3"}


def test_clusters_that_do_not_know_each_other_stay_apart() -> None:
    surveys = [surveyed(number, redis()) for number in (1, 2, 3, 4)]
    pairs = {1: (1, 2), 2: (1, 2), 3: (3, 4), 4: (3, 4)}
    parts = [
        Part(one.host, "redis", "redis", one.programs[0], Told("same", peers=tuple(f"198.18.0.{n}" for n in pairs[i])))
        for i, one in enumerate(surveys, start=1)
    ]
    assert [(group.name, len(group.members)) for group in Grouping(surveys, parts).groups] == [
        ("same", 2),
        ("same-2", 2),
    ]


def test_clusters_of_a_service_have_settings_and_logins_of_their_own(tmp_path: Path) -> None:
    surveys = [surveyed(number, redis(container=f"cache-{number}")) for number in (1, 2, 3)]
    surveys.append(surveyed(5, Program(3, ("haproxy", "-f", "/a.cfg"), (), (6379, 6380), unit="haproxy.service")))
    parts = []
    clusters = (("a", "198.18.0.1", 2), ("a", "198.18.0.1", 2), ("b", "198.18.0.3", 1))
    for one, (name, peer, quorum) in zip(surveys[:3], clusters, strict=True):
        secrets = {("redis", "REDIS_PASSWORD"): f"secret-of-{name}"}
        values: dict[str, object] = {"redis.master_name": f"master-{name}", "redis.quorum": quorum}
        answer = Told(name, peers=(peer,), ports={6379: 6380}, secrets=secrets, settings=values)
        parts += [Part(part.host, part.service, part.component, part.program, answer) for part in claimed(one)]
    leading = Told(leads=(Lead(6379, (("198.18.0.1", 6380),)), Lead(6380, (("198.18.0.3", 6380),))))
    parts += [Part(part.host, part.service, part.component, part.program, leading) for part in claimed(surveys[-1])]
    assert written(tmp_path, surveys, parts) == []
    inventory = read(tmp_path)
    about = {name: Redis(inventory.about(inventory.cluster("redis", name))) for name in ("a", "b")}
    own = {name: (one.settings.master_name, one.settings.quorum) for name, one in about.items()}
    assert own == {"a": ("master-a", 2), "b": ("master-b", 1)}
    secrets_of = {name: one.inventory.credentials.secret("redis", "REDIS_PASSWORD") for name, one in about.items()}
    assert secrets_of == {"a": "secret-of-a", "b": "secret-of-b"}


def written(folder: Path, surveys: Sequence[Survey], parts: Sequence[Part]) -> list[str]:
    groups = Grouping(surveys, parts).groups
    return Adopted(folder, Ssh(user="deploy"), surveys, groups, ("here", "198.18.0.250"), {}).write()


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "My Stack"
    needed = written(folder, *stack())
    assert needed == []
    assert (folder / "credentials" / "redis.env").stat().st_mode & 0o777 == 0o600
    inventory = read(folder)
    assert (inventory.settings.name, inventory.settings.ssh.user) == ("my-stack", "deploy")
    cluster = inventory.cluster("redis")
    assert [member.name for member in cluster.members] == ["Host_1", "Host_2"]
    assert cluster.components["redis"].container == "kb-redis"
    assert "198.18.0.3 was not looked at" in (folder / "topology.yaml").read_text()


def test_the_network_has_every_host() -> None:
    assert str(network_of([surveyed(1), surveyed(2)])) == "198.18.0.0/24"
    far = Survey(host(1), "far", "far", (IPv4Interface("198.18.9.1/24"),), ())
    assert str(network_of([surveyed(1), far])) == "198.18.0.0/20"


FILES = {
    "hosts.ini": "[db]\ndb-[01:02] ansible_host=198.18.0.1 ansible_user=deploy ansible_port=2222\n[db:vars]\nx=1\n",
    "inventory.yml": """
all:
  vars: {ansible_user: deploy}
  children:
    db:
      hosts:
        db-[01:02]: {ansible_host: 198.18.0.1, ansible_port: 2222}
""",
}


@pytest.mark.parametrize("name", FILES)
def test_ansible_inventories_are_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FILES[name])
    hosts = from_file(tmp_path / name)
    assert [(h.name, h.address, h.ssh_user, h.ssh_port) for h in hosts] == [
        ("db-01", "198.18.0.1", "deploy", 2222),
        ("db-02", "198.18.0.1", "deploy", 2222),
    ]


def test_an_ssh_configuration_is_read(tmp_path: Path) -> None:
    file = tmp_path / "ssh_config"
    file.write_text("Host db-1 db-2\n  HostName 198.18.0.7\nHost *\n  User deploy\n")
    assert [(h.name, h.address) for h in from_file(file)] == [("db-1", "198.18.0.7"), ("db-2", "198.18.0.7")]


def test_servers_are_read_without_the_runner(lab: Path) -> None:
    names = [h.name for h in from_file(lab / "servers.tsv")]
    assert "redis-01" in names
    assert "install-01" not in names


@pytest.mark.parametrize(("name", "text"), [("a.yml", "- 1"), ("a.yml", "{"), ("hosts", "# nobody"), ("a.tsv", "x")])
def test_a_file_without_hosts_is_told(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError):
        from_file(tmp_path / name)


def test_a_name_that_leads_nowhere_is_told() -> None:
    with pytest.raises(SourceError, match="no address"):
        plain(["no such name"])
