"""ProxySQL's monitor of Galera: asks every node, and puts it into the hostgroup that it deserves."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field

import pymysql

from tests.selftest.proxysql.tables import Tables

ASK = "SHOW GLOBAL STATUS LIKE 'wsrep\\_%'"
SYNCED = "4"
INTERVAL = "mysql-monitor_galera_healthcheck_interval"


@dataclass(frozen=True)
class Groups:
    """A row of mysql_galera_hostgroups."""

    writer: int
    backup: int
    reader: int
    offline: int
    max_writers: int
    writer_is_also_reader: int


@dataclass
class Monitor:
    """A thread that looks every interval. `moved` is told the address of the writer where it is another one."""

    tables: Tables
    moved: Callable[[str], None]
    _timeouts: dict[tuple[str, int], int] = field(default_factory=dict)
    _offline: set[tuple[str, int]] = field(default_factory=set)

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            begun = time.monotonic()
            if self.tables.variable("mysql-monitor_enabled") == "true":
                self.look()
            # The pace of the thing itself, not a wait for somebody; another interval counts at once.
            while time.monotonic() < begun + float(self.tables.variable(INTERVAL)) / 1000:
                threading.Event().wait(0.05)

    def look(self) -> None:
        """Ask every node once."""
        groups = self._groups()
        servers = self._servers(groups)
        if groups is None or not servers:
            return
        with ThreadPoolExecutor(max_workers=len(servers)) as pool:
            list(pool.map(self._ask, servers))
        self._place(groups, servers)

    def _groups(self) -> Groups | None:
        rows, _ = self.tables.query(
            "SELECT writer_hostgroup, backup_writer_hostgroup, reader_hostgroup, offline_hostgroup, max_writers,"
            " writer_is_also_reader FROM runtime_mysql_galera_hostgroups WHERE active = 1"
        )
        return Groups(*(int(value or 0) for value in rows[0])) if rows else None

    def _servers(self, groups: Groups | None) -> dict[tuple[str, int], int]:
        rows, _ = self.tables.query(
            "SELECT hostname, port, MAX(weight) FROM loaded_mysql_servers GROUP BY hostname, port"
        )
        return {(str(name), int(port or 0)): int(weight or 0) for name, port, weight in rows} if groups else {}

    def _ask(self, server: tuple[str, int]) -> None:
        seconds = float(self.tables.variable("mysql-monitor_galera_healthcheck_timeout")) / 1000
        allowed = int(self.tables.variable("mysql-monitor_galera_healthcheck_max_timeout_count"))
        answer: dict[str, str] = {}
        error = None
        try:
            with (
                closing(
                    pymysql.connect(
                        host=server[0],
                        port=server[1],
                        user=self.tables.variable("mysql-monitor_username"),
                        password=self.tables.variable("mysql-monitor_password"),
                        connect_timeout=seconds,
                        read_timeout=seconds,
                        ssl_disabled=True,
                    )
                ) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(ASK)
                answer = {str(name): str(value) for name, value in cursor.fetchall()}
        except (OSError, pymysql.Error) as failure:
            error = "timeout check" if "timed out" in str(failure) else str(failure)
        self.tables.checked(*server, answer, error)
        self._timeouts[server] = self._timeouts.get(server, 0) + 1 if error == "timeout check" else 0
        if error == "timeout check" and self._timeouts[server] < allowed:
            return
        healthy = answer.get("wsrep_cluster_status") == "Primary" and answer.get("wsrep_local_state") == SYNCED
        (self._offline.discard if healthy else self._offline.add)(server)

    def _place(self, groups: Groups, servers: dict[tuple[str, int], int]) -> None:
        usable = sorted((server for server in servers if server not in self._offline), key=lambda s: -servers[s])
        writers, backups = usable[: groups.max_writers], usable[groups.max_writers :]
        rows = [(groups.writer, server, "ONLINE") for server in writers]
        rows += [(groups.writer, server, "SHUNNED") for server in backups]
        rows += [(groups.backup, server, "ONLINE") for server in backups]
        readers: list[tuple[str, int]] = {0: [], 1: usable, 2: backups or usable}[groups.writer_is_also_reader]
        rows += [(groups.reader, server, "ONLINE") for server in readers]
        rows += [(groups.offline, server, "ONLINE") for server in servers if server in self._offline]
        self.tables.replace_servers((group, *server, status, servers[server]) for group, server, status in rows)
        self.moved(writers[0][0] if writers else "")
