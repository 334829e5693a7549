"""Misconfigurations of Galera and its proxies, by the name of the cause that must be found."""

from collections.abc import Callable

from hadrill.inventory import Host
from hadrill.services.mariadb.service import Mariadb
from tests.selftest.sabotage.bench import Disturbance, Sabotage, cut_port, everywhere, spoilt, stopped

SQL = "docker exec -i mariadb sh -c 'MYSQL_PWD=$MARIADB_ROOT_PASSWORD mariadb -uroot'"
DATA = "/var/lib/hadrill/mariadb"
UNIT = "hadrill-mariadb"


def desynced(host: Host) -> Disturbance:
    """A node is told to fall behind."""
    on, off = (f"echo 'SET GLOBAL wsrep_desync = {value}' | {SQL}" for value in ("ON", "OFF"))
    return Disturbance(host, on, off)


def node_desynced(service: Mariadb) -> Sabotage:
    """A backup script that did not end."""
    return Sabotage("node-desynced", (desynced(service.members[-1]),), fails="cluster")


def transfer_failing(service: Mariadb) -> Sabotage:
    """The donor's user has another password, and a node needs a whole copy."""
    first, last = service.members[0], service.members[-1]
    password = "$(sed -n 's/^wsrep_sst_auth = \"sst:\\(.*\\)\"$/\\1/p' /etc/hadrill/mariadb/galera.cnf)"

    def change(value: str) -> str:
        return f"echo \"SET PASSWORD FOR sst@localhost = PASSWORD('{value}')\" | {SQL}"

    empty = f"systemctl stop {UNIT}; rm -rf {DATA}/* {DATA}/.sst; systemctl start {UNIT}"
    steps = (
        Disturbance(last, ":", f"systemctl restart {UNIT}"),
        Disturbance(first, change("not-it"), change(password)),
        Disturbance(last, empty, ":"),
    )
    return Sabotage("state-transfer-failed", steps, fails="cluster")


def non_primary(service: Mariadb) -> Sabotage:
    """Two of three nodes died, and nobody started them again."""
    drop_in = f"/run/systemd/system/{UNIT}.service.d/sabotage.conf"
    apply = (
        f"mkdir -p $(dirname {drop_in}); printf '[Service]\\nRestart=no\\n' > {drop_in}; systemctl daemon-reload;"
        " docker kill --signal KILL mariadb > /dev/null"
    )
    undo = f"rm -rf $(dirname {drop_in}); systemctl daemon-reload; systemctl start --no-block {UNIT}"
    return Sabotage("galera-non-primary", everywhere(service.members[:-1], apply, undo), fails="cluster")


def proxy_check(service: Mariadb) -> Sabotage:
    """A proxy that only looks whether the port is open, and a node that is not synced."""
    file, restart = "/etc/hadrill/haproxy/haproxy.cfg", "systemctl restart hadrill-sql-proxy"
    steps = [spoilt(proxy, file, f"sed -i '/tcp-check/d' {file}", restart) for proxy in service.proxies]
    return Sabotage("proxy-check", (*steps, *node_desynced(service).steps), fails="cluster")


def galera_filtered(service: Mariadb) -> Sabotage:
    """One node's port is closed to the others. It leaves, and joins again by connections that it opens itself."""
    return Sabotage("port-filtered", (cut_port(service.members[-1], service.members, 4567),), passing="cluster")


def mariadb_stopped(service: Mariadb) -> Sabotage:
    """A node was stopped and forgotten."""
    return Sabotage("mariadb-stopped", (stopped(service.members[-1], UNIT),), fails="cluster")


CASES: dict[str, Callable[[Mariadb], Sabotage]] = {
    case.__name__: case
    for case in (node_desynced, transfer_failing, non_primary, proxy_check, galera_filtered, mariadb_stopped)
}
