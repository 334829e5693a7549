"""How the causes look in the facts: each function returns the lines that show one, and none where it is not there.

Signatures are Galera 4's status variables and the words of MariaDB 11's state transfer scripts.
"""

from collections.abc import Iterator

from hadrill.services.mariadb.facts import TABLES, MariadbFacts
from hadrill.services.mariadb.service import PORT
from hadrill.services.proxysql import administration as proxysql

NOBODY = "00000000-0000-0000-0000-000000000000"
PAUSED = 0.1
"""The share of the time since the last question in which flow control held all nodes back."""


def non_primary(view: MariadbFacts) -> Iterator[str]:
    """Nodes that refuse queries because the majority is gone."""
    for host, values in view.wsrep.items():
        if values["wsrep_cluster_status"] != "Primary":
            size = values.get("wsrep_cluster_size", "?")
            yield f"{host}: wsrep_cluster_status {values['wsrep_cluster_status']}, it sees {size} of {len(view.names)}"


def no_identity(view: MariadbFacts) -> Iterator[str]:
    """A cluster that cannot be joined."""
    for host, values in view.wsrep.items():
        if values["wsrep_cluster_status"] == "Primary" and values.get("wsrep_cluster_state_uuid") == NOBODY:
            yield f"{host}: wsrep_cluster_state_uuid is {NOBODY}"


def split(view: MariadbFacts) -> Iterator[str]:
    """Nodes that form several clusters."""
    named = {host: values.get("wsrep_cluster_state_uuid", "") for host, values in view.wsrep.items()}
    primary = {
        host: uuid for host, uuid in named.items() if view.wsrep[host]["wsrep_cluster_status"] == "Primary" and uuid
    }
    if len(set(primary.values())) > 1:
        yield ", ".join(f"{host} is primary in {uuid}" for host, uuid in primary.items())


def transfer(view: MariadbFacts) -> Iterator[str]:
    """State transfers that fail."""
    if view.before and len(view.wsrep) == len(view.hosts):
        return
    words = "SST_[A-Z]*FAILED|WSREP_SST: \\[ERROR\\]|SST failed|Failed to parse uuid:seqno|Access denied for user 'sst'"
    for host in view.hosts:
        yield from view.log(host, "log", words)


def desynced(view: MariadbFacts) -> Iterator[str]:
    """Nodes that are set to desync, and may fall behind."""
    for host, values in view.wsrep.items():
        if values.get("wsrep_desync") == "ON":
            yield f"{host}: wsrep_desync is ON, its state is {values.get('wsrep_local_state_comment')}"


def not_synced(view: MariadbFacts) -> Iterator[str]:
    """Nodes that are not synced yet."""
    for host, values in view.wsrep.items():
        state = values.get("wsrep_local_state_comment")
        if values["wsrep_cluster_status"] == "Primary" and state != "Synced" and values.get("wsrep_desync") != "ON":
            yield f"{host}: wsrep_local_state_comment {state}"


def proxy_check(view: MariadbFacts) -> Iterator[str]:
    """Proxies that do not judge nodes as Galera does."""
    for proxy, servers in view.servers().items():
        for name, row in servers.items():
            values = view.wsrep.get(name)
            if values is None:
                continue
            synced = values.get("wsrep_local_state_comment") == "Synced" and values.get("wsrep_ready") == "ON"
            if synced != row["status"].startswith("UP"):
                shown = f"{row['status']} ({row.get('check_desc') or row.get('last_chk', '')})"
                state = values.get("wsrep_local_state_comment")
                yield f"{proxy}: {name} is {shown}, while the node itself says {state}"


def unwatched(view: MariadbFacts) -> Iterator[str]:
    """ProxySQLs that do not look at their nodes, or may not act on what they see."""
    for proxy, told in view.tables.items():
        if not told["groups"]:
            yield f"{proxy}: no active row in runtime_mysql_galera_hostgroups"
        elif idle := proxysql.monitored(told["monitor"], told["age"]).idle:
            yield f"{proxy}: {idle}"
    for proxy, routing in view.routings:
        if len(routing.writers) > routing.groups.max_writers:
            writers = ", ".join(view.name_of(name) for name in routing.writers)
            yield f"{proxy}: leads writes to {writers} at once, max_writers is {routing.groups.max_writers}"


def refused_monitor(view: MariadbFacts) -> Iterator[str]:
    """Nodes that do not let a ProxySQL's monitor in."""
    for proxy, told in view.tables.items():
        for name, error in told["refusals"]:
            if "denied" in error:
                yield f"{proxy}: {view.name_of(name)} says: {error}"


def refused_administrator(view: MariadbFacts) -> Iterator[str]:
    """ProxySQLs that do not let the suite in."""
    for proxy in view.proxies:
        if "denied" in (error := view.answer(proxy, TABLES).error):
            yield f"{proxy}: {error}"


def paused(view: MariadbFacts) -> Iterator[str]:
    """One slow node holds all back."""
    for host, values in view.wsrep.items():
        if float(values.get("wsrep_flow_control_paused", 0)) > PAUSED:
            yield f"{host}: writes were held back for {float(values['wsrep_flow_control_paused']):.0%} of the time"


def stopped(view: MariadbFacts) -> Iterator[str]:
    """Nodes that do not take connections."""
    for host in view.hosts:
        if view.answer(host, f"mariadb@{host}").error:
            yield f"{host}: nothing listens on {PORT}"
            yield from view.log(host, "log", "\\[ERROR\\]")
