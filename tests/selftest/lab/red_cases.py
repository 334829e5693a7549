"""Ways to break the lab, one for each basic check, and how to mend it again."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest

from hadrill.inventory import Host, Inventory
from hadrill.lab.lab import Lab
from hadrill.remote import Remote
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.redis.service import Redis

TABLE = "inet hadrill_red"


@dataclass(frozen=True)
class Broken:
    """What was done: the host and the words of the cause that the check must name, and the way back."""

    host: str
    cause: str
    mend: Callable[[], object]


@dataclass(frozen=True)
class Bench:
    """What a case works with."""

    inventory: Inventory
    ssh: Remote

    def run(self, host: str, command: str) -> None:
        """Run a command on a host by its name."""
        self.ssh.run(self.inventory.host(host), command)

    def stopped(self, host: str, unit: str) -> Broken:
        """A unit is stopped."""
        self.run(host, f"systemctl stop {unit}")
        return Broken(host, "nothing listens", lambda: self.run(host, f"systemctl start {unit}"))

    def filtered(self, host: str, rule: str) -> Broken:
        """A port is filtered, in a table of its own that is removed by name."""
        chain = "{ type filter hook input priority -10; }"
        self.run(host, f"nft 'add table {TABLE}; add chain {TABLE} input {chain}; add rule {TABLE} input {rule} drop'")
        return Broken(host, "a firewall", lambda: self.run(host, f"nft delete table {TABLE}"))

    def psql(self, host: Host, database: str, command: str) -> None:
        """Run SQL as the superuser on the host itself."""
        self.ssh.run(
            host, f"docker exec -i patroni psql -v ON_ERROR_STOP=1 -h /tmp -U postgres -d {database}", stdin=command
        )


def no_pgvector(bench: Bench) -> Broken:
    leader = Postgresql(bench.inventory).leader()
    bench.psql(leader, "hadrill", "DROP EXTENSION vector")
    return Broken(
        "the entry point", "CREATE EXTENSION vector", lambda: bench.psql(leader, "hadrill", "CREATE EXTENSION vector")
    )


def patroni_filtered(bench: Bench) -> Broken:
    runner = bench.inventory.host("install-01").address
    return bench.filtered("db-slave-02", f"ip saddr {runner} tcp dport 8008")


def replica_detached(bench: Bench) -> Broken:
    # Not a paused or delayed replay: Patroni mends both by itself in its next loop.
    service = Postgresql(bench.inventory)
    leader = service.leader()
    replica = next(host for host in service.members if host != leader)
    # What the leader sends is dropped: dropping the answers alone lets a quiet leader's row through once.
    cut = bench.filtered(replica.name, f"ip saddr {leader.address} tcp sport 5432")
    return Broken(replica.name, "nothing came over the stream", cut.mend)


def pgbouncer_down(bench: Bench) -> Broken:
    return bench.stopped("haproxy-02", "hadrill-pgbouncer")


def haproxy_points_at_replica(bench: Bench) -> Broken:
    service = Redis(bench.inventory)
    replica = next(host for host in service.members if service.role(host)[0] == "slave")
    updater = "redis-update-master.timer redis-update-master.socket"
    program = (
        "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/hadrill/haproxy/admin.sock');"
        f" s.sendall(b'set server be_redis_master/master addr {replica.address} port 6379\\n'); s.recv(999)"
    )
    bench.run("haproxy-01", f'systemctl stop {updater} && python3 -c "{program}"')
    return Broken(
        "haproxy-01", "did not point it at the master", lambda: bench.run("haproxy-01", f"systemctl start {updater}")
    )


def wrong_masterauth(bench: Bench) -> Broken:
    service = Redis(bench.inventory)
    replica = next(host for host in service.members if service.role(host)[0] == "slave")

    def set_masterauth(value: str) -> None:
        with service.client(replica.address) as client:
            client.config_set("masterauth", value)
            client.execute_command("CLIENT", "KILL", "TYPE", "master")

    with service.client(replica.address) as client:
        right = client.config_get("masterauth")["masterauth"]
    set_masterauth("not-the-password")
    return Broken(replica.name, "masterauth is wrong", lambda: set_masterauth(right))


def sentinel_filtered(bench: Bench) -> Broken:
    return bench.filtered("redis-03", "tcp dport 26379")


def no_permissions(bench: Bench) -> Broken:
    control = "docker exec rabbitmq rabbitmqctl"
    bench.run("queue-01", f"{control} clear_permissions -p hadrill hadrill")
    return Broken(
        "the entry point",
        "permissions",
        lambda: bench.run("queue-01", f"{control} set_permissions -p hadrill hadrill '.*' '.*' '.*'"),
    )


def node_stopped(bench: Bench) -> Broken:
    control = "docker exec rabbitmq rabbitmqctl"
    bench.run("queue-03", f"{control} stop_app")
    return Broken("queue-03", "stopped", lambda: bench.run("queue-03", f"{control} start_app"))


def minio_down(bench: Bench) -> Broken:
    return bench.stopped("minio-03", "hadrill-minio")


def balancer_down(bench: Bench) -> Broken:
    lab = Lab(bench.inventory)
    lab.cut_power("lb-02")
    return Broken("the entry point", "does not answer at all", lambda: lab.restore_power("lb-02"))


def node_desynced(bench: Bench) -> Broken:
    service = Mariadb(bench.inventory)
    node = bench.inventory.host("maria-03")

    def desync(value: str) -> None:
        with service.connect(node.address, user="root", database=None) as connection, connection.cursor() as cursor:
            cursor.execute(f"SET GLOBAL wsrep_desync = {value}")

    desync("ON")
    return Broken("maria-03", "desynced", lambda: desync("OFF"))


def sql_proxy_down(bench: Bench) -> Broken:
    return bench.stopped("proxysql-02", "hadrill-sql-proxy")


CASES: dict[str, Callable[[Bench], Broken]] = {
    "test_postgresql.py::test_connectivity": no_pgvector,
    "test_postgresql.py::test_cluster": patroni_filtered,
    "test_postgresql.py::test_replication": replica_detached,
    "test_postgresql.py::test_pgbouncer": pgbouncer_down,
    "test_redis.py::test_connectivity": haproxy_points_at_replica,
    "test_redis.py::test_replication": wrong_masterauth,
    "test_redis.py::test_sentinel": sentinel_filtered,
    "test_rabbitmq.py::test_connectivity": no_permissions,
    "test_rabbitmq.py::test_cluster": node_stopped,
    "test_minio.py::test_objects": minio_down,
    "test_mariadb.py::test_connectivity": balancer_down,
    "test_mariadb.py::test_cluster": node_desynced,
    "test_mariadb.py::test_sql_proxy": sql_proxy_down,
}


def rounds() -> list[list[str]]:
    """The checks that are made to fail at the same time: one of each service."""
    services: dict[str, list[str]] = {}
    for check in CASES:
        services.setdefault(check.partition("::")[0], []).append(check)
    return [[check for check in row if check is not None] for row in zip_longest(*services.values())]
