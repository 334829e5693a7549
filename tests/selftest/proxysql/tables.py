"""ProxySQL's tables: in memory, at run time and on its disk; and what its administration port makes of a statement."""

import re
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.selftest.proxysql import schema

Rows = list[tuple[str | None, ...]]
ADMINISTRATORS = -2
"""The hostgroup by which ProxySQL tells administrators from applications' users: both live in one list."""
DISK = {"SERVERS": schema.SERVERS, "USERS": ("mysql_users",), "QUERY RULES": ("mysql_query_rules",)}
KEEP_INTERFACES = """UPDATE global_variables SET variable_value = live.variable_value
    FROM (SELECT variable_name, variable_value FROM runtime_global_variables) AS live
    WHERE live.variable_name = global_variables.variable_name
    AND live.variable_name IN ('mysql-interfaces', 'admin-mysql_ifaces')"""
"""Listeners are opened at the start: loading another address takes it back."""


class RefusedError(Exception):
    """What ProxySQL says to a statement that it does not take."""


@dataclass(frozen=True)
class User:
    """A name that may log in: as an administrator, or on the clients' port."""

    password: str
    hostgroup: int


class Tables:
    """The content of one ProxySQL. The configuration file is read only while there is no proxysql.db."""

    def __init__(self, data: Path, configuration: Path) -> None:
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        known = (data / "proxysql.db").exists()
        self._base = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._base.execute("ATTACH DATABASE ? AS disk", (str(data / "proxysql.db"),))
        self._base.execute("ATTACH DATABASE ':memory:' AS monitor")
        for statement in schema.statements("main"):
            self._base.execute(statement)
        for statement in schema.statements("disk"):
            self._base.execute(statement)
        self._base.execute(schema.GALERA_LOG)
        self._base.execute(schema.CONNECT_LOG)
        if known:
            for table in schema.KEPT:
                self._copy(f"disk.{table}", table)
        else:
            self._base.executemany("INSERT INTO global_variables VALUES (?, ?)", schema.DEFAULTS.items())
            self._base.executemany("REPLACE INTO global_variables VALUES (?, ?)", configured(configuration))
            for table in schema.KEPT:
                self._copy(table, f"disk.{table}")
        for what in ("ADMIN VARIABLES", "MYSQL VARIABLES", "MYSQL SERVERS", "MYSQL USERS", "MYSQL QUERY RULES"):
            self._load(what)

    def variable(self, name: str) -> str:
        """A variable's value at run time."""
        with self.lock:
            question = "SELECT variable_value FROM runtime_global_variables WHERE variable_name = ?"
            return str(self._base.execute(question, (name,)).fetchone()[0])

    def query(self, statement: str) -> tuple[Rows, list[str]]:
        """Rows and their columns; every value is text, as ProxySQL sends it."""
        text = statement.strip().rstrip(";")
        with self.lock:
            if known := re.fullmatch(r"(LOAD|SAVE) (.+) TO (RUNTIME|DISK)", text, re.I):
                verb, what, where = (part.upper() for part in known.groups())
                if (verb, where) == ("LOAD", "RUNTIME"):
                    self._load(what)
                elif (verb, where) == ("SAVE", "DISK"):
                    self._save(what)
                else:
                    raise RefusedError(f'ProxySQL Admin Error: near "{verb}": syntax error')
                return [], []
            if re.match(r"SET (NAMES|AUTOCOMMIT|SESSION|CHARACTER)\b", text, re.I):
                return [], []
            if known := re.fullmatch(r"SET ([a-z_-]+)\s*=\s*'?([^']*)'?", text, re.I):
                return self._set(*known.groups())
            if re.match(r"SET\b", text, re.I):
                raise RefusedError(f"ProxySQL Admin Error: Unknown global variable: '{text[4:]}'")
            try:
                cursor = self._base.execute(text)
            except sqlite3.Error as error:
                raise RefusedError(f"ProxySQL Admin Error: {error}") from error
            columns = [column[0] for column in cursor.description or ()]
            return [tuple(None if value is None else str(value) for value in row) for row in cursor], columns

    def replace_servers(self, rows: Iterable[tuple[int, str, int, str, int]]) -> None:
        """What the monitor makes of the servers at run time: hostgroup, name, port, status, weight."""
        with self.lock:
            self._base.execute("DELETE FROM runtime_mysql_servers")
            self._base.executemany(
                "INSERT INTO runtime_mysql_servers (hostgroup_id, hostname, port, status, weight)"
                " VALUES (?, ?, ?, ?, ?)",
                rows,
            )

    def checked(self, host: str, port: int, answer: dict[str, str], error: str | None) -> None:
        """Write down what a node said to the monitor."""
        state = (answer.get("wsrep_cluster_status") == "Primary", answer.get("wsrep_local_state", "0"))
        values = (host, port, time.time_ns() // 1000, 900, "YES" if state[0] else "NO", "NO", 0, state[1], "NO", error)
        with self.lock:
            places = ", ".join("?" * len(values))
            self._base.execute(f"REPLACE INTO mysql_server_galera_log VALUES ({places})", values)
            self._base.execute("REPLACE INTO mysql_server_connect_log VALUES (?, ?, ?, ?, ?)", (*values[:4], error))

    def _set(self, name: str, value: str) -> tuple[Rows, list[str]]:
        changed = self._base.execute(
            "UPDATE global_variables SET variable_value = ? WHERE variable_name = ?", (value, name)
        )
        if not changed.rowcount:
            raise RefusedError(f"ProxySQL Admin Error: Unknown global variable: '{name}'.")
        return [], []

    def _load(self, what: str) -> None:
        if what in ("MYSQL VARIABLES", "ADMIN VARIABLES"):
            before = self._administrators() if what.startswith("ADMIN") else {}
            self._base.execute(KEEP_INTERFACES)
            self._variables(what, "global_variables", "runtime_global_variables")
            if what.startswith("ADMIN") and (now := self._administrators()) != before:
                # One list of names: who was an administrator is gone from it, on the clients' port too.
                for name in before:
                    self.users.pop(name, None)
                self.users |= {name: User(password, ADMINISTRATORS) for name, password in now.items()}
                self._show_users()
            return
        for table in self._tables(what):
            # Until the monitor looks again, servers are where they were put.
            self._copy(table, f"runtime_{table}")
        if what == "MYSQL SERVERS":
            self._copy("mysql_servers", "loaded_mysql_servers")
        if what == "MYSQL USERS":
            self.users = {name: user for name, user in self.users.items() if user.hostgroup == ADMINISTRATORS}
            for name, password, group in self._base.execute(
                "SELECT username, password, default_hostgroup FROM mysql_users WHERE active = 1"
            ):
                # An administrator of the same name is one no longer.
                self.users[name] = User(password, group)
            self._show_users()

    def _show_users(self) -> None:
        rows = [(name, user.password, user.hostgroup) for name, user in self.users.items() if user.hostgroup >= 0]
        self._base.execute("DELETE FROM runtime_mysql_users")
        self._base.executemany(
            "INSERT INTO runtime_mysql_users (username, password, default_hostgroup) VALUES (?, ?, ?)", rows
        )

    def _save(self, what: str) -> None:
        if what in ("MYSQL VARIABLES", "ADMIN VARIABLES"):
            self._variables(what, "global_variables", "disk.global_variables")
            return
        for table in self._tables(what):
            self._copy(table, f"disk.{table}")

    def _tables(self, what: str) -> tuple[str, ...]:
        kind, _, name = what.partition(" ")
        if kind != "MYSQL" or name not in DISK:
            raise RefusedError(f'ProxySQL Admin Error: near "{what}": syntax error')
        return DISK[name]

    def _administrators(self) -> dict[str, str]:
        row = self._base.execute(
            "SELECT variable_value FROM runtime_global_variables WHERE variable_name = 'admin-admin_credentials'"
        ).fetchone()
        return dict(part.split(":", 1) for part in row[0].split(";") if part) if row else {}

    def _variables(self, what: str, source: str, target: str) -> None:
        prefix = what.split()[0].lower()
        self._base.execute(f"DELETE FROM {target} WHERE variable_name LIKE '{prefix}-%'")
        self._base.execute(f"INSERT INTO {target} SELECT * FROM {source} WHERE variable_name LIKE '{prefix}-%'")

    def _copy(self, source: str, target: str) -> None:
        self._base.execute(f"DELETE FROM {target}")
        self._base.execute(f"INSERT INTO {target} SELECT * FROM {source}")


def configured(file: Path) -> list[tuple[str, str]]:
    """Variables of a configuration file."""
    text, known = file.read_text("utf-8"), []
    for prefix, body in re.findall(r"^(admin|mysql)_variables=\s*\{(.*?)\}", text, re.S | re.M):
        known += [(f"{prefix}-{name}", value) for name, value in re.findall(r'(\w+)\s*=\s*"([^"]*)"', body)]
    return known
