"""Misconfigurations of PostgreSQL, Patroni and their proxies, by the name of the cause that must be found."""

from collections.abc import Callable, Iterable

from hadrill.inventory import Host
from hadrill.services.postgresql.service import Postgresql
from tests.selftest.sabotage.bench import TABLE, Disturbance, Sabotage, cut_port, everywhere, stopped

CONF = "/etc/hadrill/patroni/patroni.yml"
DATA = "/var/lib/hadrill/postgresql/data"
RESTART = "systemctl restart hadrill-patroni"
RELOAD = "docker kill --signal HUP patroni"
PSQL = "docker exec -i patroni psql -q -v ON_ERROR_STOP=1 -h /tmp -U postgres"
VERIFIER = "SELECT passwd FROM pgbouncer.user_lookup('pgbouncer')"
WRITES = "CREATE TABLE lag AS SELECT i, repeat('x', 64) FROM generate_series(1, 40000) i; DROP TABLE lag"
"""About four MiB of WAL, over the limit of one."""


def data_mode(service: Postgresql) -> Sabotage:
    """`start failed`: somebody opened the data directory of a replica to others."""
    return start_failed(_replicas(service)[:1])


def data_modes(service: Postgresql) -> Sabotage:
    """The same on every replica: nobody is left to lead."""
    return start_failed(_replicas(service))


def start_failed(replicas: Iterable[Host]) -> Sabotage:
    """PostgreSQL does not start in a directory that others may read."""
    apply, undo = f"chmod 755 {DATA}; {RESTART}", f"chmod 700 {DATA}; {RESTART}"
    return Sabotage("data-directory-mode", everywhere(replicas, apply, undo), fails="cluster")


def paused(service: Postgresql) -> Sabotage:
    """Maintenance that nobody ended."""
    control = "docker exec patroni patronictl -c /etc/patroni/patroni.yml"
    return Sabotage("patroni-paused", (Disturbance(service.leader(), f"{control} pause", f"{control} resume || :"),))


def no_failover(service: Postgresql) -> Sabotage:
    """Every replica is tagged."""
    apply = f"printf 'tags:\\n  nofailover: true\\n' >> {CONF}; {RELOAD}"
    undo = f"sed -i '/^tags:$/d; /^  nofailover: true$/d' {CONF}; {RELOAD}"
    return Sabotage("nofailover-everywhere", everywhere(_replicas(service), apply, undo))


def lag(service: Postgresql) -> Sabotage:
    """Replicas that hear nothing from a leader that goes on writing."""
    leader = service.leader()
    chain = "{ type filter hook input priority -10; }"
    rule = f"ip saddr {leader.address} tcp sport 5432 drop"
    cut = f"nft 'add table {TABLE}; add chain {TABLE} input {chain}; add rule {TABLE} input {rule}'"
    write = f'echo "{WRITES}" | {PSQL}'
    cuts = everywhere(_replicas(service), cut, f"nft delete table {TABLE} 2>/dev/null || :")
    return Sabotage("lag-over-maximum", (*cuts, Disturbance(leader, write, ":")), fails="replication")


def raft_majority(service: Postgresql) -> Sabotage:
    """Two of three members are gone, the leader among those that stay."""
    stop, start = "systemctl stop hadrill-patroni", "systemctl start hadrill-patroni"
    return Sabotage("raft-no-majority", everywhere(_replicas(service), stop, start), fails="cluster")


def replication_password(service: Postgresql) -> Sabotage:
    """The role's password was changed, Patroni's configuration was not."""
    right = f"$(sed -n '/replication:/,/password:/s/^ *password: \"\\(.*\\)\"/\\1/p' {CONF})"
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_replication"

    def alter(password: str) -> str:
        return f"echo \"ALTER ROLE replicator PASSWORD '{password}'; {cut}\" | {PSQL} > /dev/null"

    altered = Disturbance(service.leader(), alter("not-it"), alter(right))
    return Sabotage("replication-password", (altered,), fails="replication")


def pooler_login(service: Postgresql) -> Sabotage:
    """The pooler's role got another password; its file still has the old one."""
    kept = "/run/hadrill-verifier"
    # SCRAM's verifier brings the right one back without anybody knowing it.
    keep = f'{PSQL} -Atc "{VERIFIER}" postgres > {kept}'
    apply = f"echo \"ALTER ROLE pgbouncer PASSWORD 'not-it'\" | {PSQL}"
    undo = f"[ ! -s {kept} ] || {{ echo \"ALTER ROLE pgbouncer PASSWORD '$(cat {kept})'\" | {PSQL} && rm {kept}; }}"
    changed = Disturbance(service.leader(), f"umask 077; {keep}; {apply}", undo)
    # Logins that are open stay open: the pooler meets the new password when it connects again.
    reconnect = everywhere(
        service.proxies, "systemctl restart hadrill-pgbouncer", "systemctl restart hadrill-pgbouncer"
    )
    return Sabotage("pgbouncer-login", (changed, *reconnect), fails="pgbouncer")


def proxy_check(service: Postgresql) -> Sabotage:
    """HAProxy asks a port where nobody answers."""
    file, restart = "/etc/hadrill/haproxy/haproxy.cfg", "systemctl restart hadrill-haproxy"
    apply = f"sed -i 's/check port 8008/check port 8009/' {file}; {restart}"
    undo = f"sed -i 's/check port 8009/check port 8008/' {file}; {restart}"
    return Sabotage("proxy-check", everywhere(service.proxies, apply, undo), fails="connectivity")


def rest_filtered(service: Postgresql) -> Sabotage:
    """One member's Patroni cannot be asked by the others."""
    return Sabotage("port-filtered", (cut_port(_replicas(service)[0], service.members, 8008),))


def patroni_stopped(service: Postgresql) -> Sabotage:
    """A replica was stopped and forgotten."""
    return Sabotage("patroni-stopped", (stopped(_replicas(service)[0], "hadrill-patroni"),), fails="cluster")


def disk_full(service: Postgresql) -> Sabotage:
    """A proxy's disk is full."""
    place = "/var/lib/hadrill"
    apply = f"mkdir -p {place}; mount -t tmpfs -o size=4m tmpfs {place}; fallocate -l 4M {place}/filler"
    undo = f"! mountpoint -q {place} || umount {place}"
    return Sabotage("disk-full", (Disturbance(service.proxies[-1], apply, undo),))


def _replicas(service: Postgresql) -> list[Host]:
    leader = service.leader()
    return [host for host in service.members if host != leader]


CASES: dict[str, Callable[[Postgresql], Sabotage]] = {
    case.__name__: case
    for case in (
        data_mode,
        paused,
        no_failover,
        lag,
        raft_majority,
        replication_password,
        pooler_login,
        proxy_check,
        rest_filtered,
        patroni_stopped,
        disk_full,
    )
}
