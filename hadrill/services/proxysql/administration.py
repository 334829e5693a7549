"""ProxySQL's administration port: tables, over MySQL's protocol.

Sources: ProxySQL's documentation of runtime_mysql_servers, mysql_galera_hostgroups and the monitor's variables; what
its servers look like under way was seen on 2.7.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import pymysql

from hadrill.inventory import Host, Inventory
from hadrill.remote.from_here import reach
from hadrill.services.asking import ANSWER_SECONDS, CONNECT_SECONDS
from hadrill.services.errors import BadAnswerError, reading

ADMIN_PORT = 6032
ADMIN = "hadrill_admin"
"""Administers over the network. ProxySQL keeps administrators and applications' users in one list of names: a name that
is in mysql_users cannot administer. Its user `admin` may only log in on the host itself."""
ONLINE = "ONLINE"
SERVERS = "SELECT hostgroup_id, hostname, status, weight FROM runtime_mysql_servers"
GROUPS = (
    "SELECT writer_hostgroup, backup_writer_hostgroup, reader_hostgroup, offline_hostgroup, max_writers"
    " FROM runtime_mysql_galera_hostgroups WHERE active = 1"
)
_PREFIX = "mysql-monitor_galera_healthcheck_"
MONITOR = (
    "SELECT variable_name, variable_value FROM runtime_global_variables"  # noqa: S608 - constant names
    f" WHERE variable_name LIKE '{_PREFIX}%' OR variable_name = 'mysql-monitor_enabled'"
)
AGE = (
    "SELECT CAST(strftime('%s', 'now') AS INTEGER) - MAX(time_start_us) / 1000000 FROM monitor.mysql_server_galera_log"
)
"""Seconds since a node was last asked; no value where none ever was."""


class Administration:
    """One connection to a proxy's administration port. Everything raises pymysql.Error and OSError."""

    def __init__(self, inventory: Inventory, host: Host, seconds: float = ANSWER_SECONDS) -> None:
        address, port = reach(host.address, ADMIN_PORT)
        self._connection: Any = pymysql.connect(
            host=address,
            port=port,
            user=ADMIN,
            password=inventory.credentials.secret("proxysql", "ADMIN_PASSWORD"),
            autocommit=True,
            ssl_disabled=True,
            connect_timeout=min(CONNECT_SECONDS, seconds),
            read_timeout=seconds,
            write_timeout=seconds,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rows(self, statement: str) -> list[tuple[str, ...]]:
        """What a statement returns; ProxySQL's values are all text."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return [tuple("" if value is None else str(value) for value in row) for row in cursor.fetchall()]

    def close(self) -> None:
        """Close the connection at once, whatever the other side does."""
        self._connection._force_close()


def text(value: object) -> str:
    """A value as SQLite reads it: its only special character is the quote, and a backslash is one of many."""
    return "'" + str(value).replace("'", "''") + "'"


@dataclass(frozen=True)
class Groups:
    """The hostgroups between which ProxySQL moves Galera's nodes."""

    writer: int
    backup: int
    reader: int
    offline: int
    max_writers: int


@dataclass(frozen=True)
class Server:
    """A node in one of the hostgroups, with ProxySQL's own word for its state there."""

    group: int
    name: str
    status: str
    weight: int


@dataclass(frozen=True)
class Monitor:
    """How ProxySQL watches nodes: seconds, and how many checks may go unanswered. `age`: since the last check."""

    enabled: bool
    interval: float
    timeout: float
    timeouts: int
    age: float | None

    def down(self, silent: bool) -> float:
        """Until a node that is gone gets no more connections: a refusal counts at once, silence after some checks."""
        return self.interval * (self.timeouts if silent else 1) + self.timeout

    @property
    def idle(self) -> str:
        """Why nodes are not watched; empty where they are."""
        if not self.enabled:
            return "mysql-monitor_enabled is false"
        if self.age is None:
            return "its monitor never asked a node (started with -M?)"
        # The log tells whole seconds, and both ends of a check may fall just beside them.
        if self.age > self.down(silent=True) + 2:
            return f"its monitor asked nobody for {self.age:.0f} s (started with -M?)"
        return ""


@dataclass(frozen=True)
class Routing:
    """Where one ProxySQL leads, at one moment."""

    groups: Groups
    servers: tuple[Server, ...]

    @property
    def writers(self) -> tuple[str, ...]:
        """Names of the nodes that take writes, as ProxySQL knows them, the preferred one first."""
        online = [server for server in self.servers if (server.group, server.status) == (self.groups.writer, ONLINE)]
        return tuple(server.name for server in sorted(online, key=lambda server: -server.weight))

    def uses(self, names: Iterable[str]) -> bool:
        """Whether a node, known under one of these names, gets connections or is kept ready to get them.

        While another one writes, a healthy node is SHUNNED among the writers and ONLINE among backups and readers.
        """
        known = set(names)
        serving = {self.groups.writer, self.groups.backup, self.groups.reader}
        return any(
            server.name in known and server.group in serving and server.status == ONLINE for server in self.servers
        )

    def state(self, names: Iterable[str]) -> str:
        """A node in ProxySQL's words: its state in each hostgroup."""
        known = set(names)
        title = {self.groups.writer: "writer", self.groups.backup: "backup writer", self.groups.reader: "reader"}
        title[self.groups.offline] = "offline"
        states = [
            f"{server.status} in {server.group} ({title.get(server.group, 'of no use to Galera')})"
            for server in self.servers
            if server.name in known
        ]
        return ", ".join(sorted(states)) or "in no hostgroup"


def routing(administration: Administration) -> Routing:
    """Where a proxy leads now. Raises BadAnswerError where it does not know Galera."""
    rows = administration.rows(GROUPS)
    if not rows:
        raise BadAnswerError("no active row in runtime_mysql_galera_hostgroups: this ProxySQL follows no Galera")
    return routed(rows, administration.rows(SERVERS))


def routed(groups: list[tuple[str, ...]], servers: list[tuple[str, ...]]) -> Routing:
    """The same, of rows that were kept."""
    with reading("ProxySQL"):
        return Routing(
            Groups(*map(int, groups[0])),
            tuple(Server(int(group), name, status, int(weight)) for group, name, status, weight in servers),
        )


def monitor(administration: Administration) -> Monitor:
    """How a proxy watches now. Raises BadAnswerError where it does not say."""
    return monitored(administration.rows(MONITOR), administration.rows(AGE))


def monitored(variables: list[tuple[str, ...]], age: list[tuple[str, ...]]) -> Monitor:
    """The same, of rows that were kept."""
    live = {name.removeprefix(_PREFIX): value for name, value in variables}
    with reading("ProxySQL"):
        return Monitor(
            live["mysql-monitor_enabled"] == "true",
            float(live["interval"]) / 1000,
            float(live["timeout"]) / 1000,
            int(live["max_timeout_count"]),
            float(age[0][0]) if age and age[0][0] else None,
        )


def names_of(host: Host) -> tuple[str, str, str]:
    """The names under which a proxy may know a node."""
    return host.address, host.name, host.fqdn
