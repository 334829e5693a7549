"""What is true of a healthy Galera cluster, as an application and as every node sees it."""

import uuid
from functools import partial

from hadrill.inventory import Host
from hadrill.services.asking import ask, disagreements, failures, silence
from hadrill.services.finding import CheckFailedError, Finding, require
from hadrill.services.mariadb.service import PORT, Mariadb

TABLE = "hadrill_check"
STATES = {"wsrep_cluster_status": "Primary", "wsrep_local_state_comment": "Synced", "wsrep_ready": "ON"}
CAUSES = {
    "wsrep_cluster_status": "the node lost sight of the majority",
    "wsrep_local_state_comment": "the node is a donor, is desynced (SET GLOBAL wsrep_desync = OFF), or still joins",
    "wsrep_ready": "the node does not take queries: it is not part of the primary component",
    "wsrep_cluster_size": "a node is stopped, cut off, or in a cluster of its own",
}


def connectivity(service: Mariadb) -> None:
    """A client at the entry point writes a row and reads it."""
    require(_write_and_read(service, "the entry point", service.entry_point))


def cluster(service: Mariadb) -> None:
    """Every node, asked over the network, is synced in the same primary component of full size."""
    states, findings = ask(service.members, service.wsrep, service.inventory.port(PORT), "its wsrep status")
    well = [host for host, state in states.items() if STATES.items() <= state.items()]
    size, without = str(len(service.members)), str(len(well))
    for host, state in states.items():
        # That the others' cluster is smaller by those that are not well themselves adds nothing.
        explained = host in well and len(well) < len(service.members) and state.get("wsrep_cluster_size") == without
        expected = STATES if explained else STATES | {"wsrep_cluster_size": size}
        findings += [
            Finding(host.name, f"{name} {value}", state.get(name, "nothing"), CAUSES[name])
            for name, value in expected.items()
            if state.get(name) != value
        ]
    identities = {host: state.get("wsrep_cluster_state_uuid") for host, state in states.items()}
    require([*findings, *disagreements(identities, "the cluster", "the node was bootstrapped as a cluster of its own")])


def sql_proxy(service: Mariadb) -> None:
    """Each SQL proxy leads to the cluster; what is written through it is read on every node."""
    written, findings = ask(
        service.proxies, lambda host: _write(service, host), PORT, f"{service.proxy_kind} to lead to a node"
    )
    try:
        for host, token in written.items():
            _, missing = ask(
                service.members, partial(_read, service, token, host), service.inventory.port(PORT), "to read the row"
            )
            findings += missing
    finally:
        for host, token in written.items():
            _delete(service, host, token)
    require(findings)


OF_NODES = (cluster,)
"""What holds without a SQL proxy."""
ALL = (connectivity, cluster, sql_proxy)
"""Every check of this service, in the order of the report."""


def _write_and_read(service: Mariadb, name: str, address: str) -> list[Finding]:
    token = uuid.uuid4().hex
    try:
        with service.connect(address) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (token CHAR(32) PRIMARY KEY)")
            cursor.execute(f"INSERT INTO {TABLE} VALUES (%s)", (token,))  # noqa: S608 - a constant name
            cursor.execute(f"SELECT token FROM {TABLE} WHERE token = %s", (token,))  # noqa: S608 - a constant name
            row = cursor.fetchone()
            cursor.execute(f"DELETE FROM {TABLE} WHERE token = %s", (token,))  # noqa: S608 - a constant name
    except failures() as error:
        return [silence(name, address, PORT, "a row to be written and read", error)]
    return (
        [] if row == (token,) else [Finding(name, "the row that was written", str(row), "reads go to a node that lags")]
    )


def _write(service: Mariadb, host: Host) -> str:
    token = uuid.uuid4().hex
    with (
        service.connect(f"{host.address}{service.inventory.entry_point(PORT).behind}") as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (token CHAR(32) PRIMARY KEY)")
        cursor.execute(f"INSERT INTO {TABLE} VALUES (%s)", (token,))  # noqa: S608 - a constant name
    return token


def _read(service: Mariadb, token: str, proxy: Host, node: Host) -> bool:
    with service.connect(node.address) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION wsrep_sync_wait = 1")
        cursor.execute(f"SELECT 1 FROM {TABLE} WHERE token = %s", (token,))  # noqa: S608 - a constant name
        if cursor.fetchone() is None:
            cause = "the node is not part of the cluster that the proxy leads to"
            raise CheckFailedError([Finding(node.name, f"the row written through {proxy}", "no row", cause)])
    return True


def _delete(service: Mariadb, host: Host, token: str) -> None:
    with service.connect(host.address) as connection, connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE token = %s", (token,))  # noqa: S608 - a constant name
