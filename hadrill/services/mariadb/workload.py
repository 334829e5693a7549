"""INSERT and SELECT at the entry point."""

import re
from collections.abc import Sequence
from contextlib import suppress

import pymysql

from hadrill.inventory import Host
from hadrill.services.mariadb.service import PORT, Mariadb
from hadrill.services.place import STALE_SECONDS, Place
from hadrill.workload import OPERATION_SECONDS, Answer, History, Lane, Operation

TABLE = "hadrill_drill"
"""How tables of workloads begin, and what stands for one of them in the statements below."""
# Numbers of one writer rise, so the greatest that a reader sees never goes back unless a write is lost.
CREATE = "CREATE TABLE hadrill_drill (id VARCHAR(64) PRIMARY KEY, number BIGINT NOT NULL AUTO_INCREMENT UNIQUE)"
DROP = "DROP TABLE IF EXISTS hadrill_drill"
INSERT = "INSERT INTO hadrill_drill (id) VALUES (%s) RETURNING @@wsrep_node_name"
SELECT = "SELECT @@wsrep_node_name, COALESCE(MAX(number), 0) FROM hadrill_drill"
KEYS = "SELECT id FROM hadrill_drill"
STALE = """
SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE %s
AND CREATE_TIME < NOW() - INTERVAL %s SECOND
"""
_CLIENT_ERRORS = range(2000, 3000)
"""Raised by the client's side: the connection is lost, and nobody can say what the server did."""


def on(table: str, statement: str) -> str:
    """A statement on a table; its name must be one that needs no quotes."""
    if not re.fullmatch(r"\w+", table):
        raise ValueError(f"{table!r} is no plain name of a table")
    return statement.replace(TABLE, table)


def lanes(service: Mariadb, table: str) -> Sequence[Lane]:
    """Writes and reads, over new and pooled connections."""
    return [
        Lane(kind, connection, PORT, lambda: MariadbClient(service, table), refused)
        for kind in ("write", "read")
        for connection in ("new", "pooled")
    ]


def refused(error: Exception) -> bool:
    """The server answered with an error of its own (not ready, deadlock by certification): nothing was written."""
    if not isinstance(error, pymysql.Error) or not error.args or not isinstance(error.args[0], int):
        return False
    return error.args[0] != 0 and error.args[0] not in _CLIENT_ERRORS


class MariadbClient:
    """One connection."""

    def __init__(self, service: Mariadb, table: str) -> None:
        self._insert, self._select = on(table, INSERT), on(table, SELECT)
        self._connection = service.connect(service.entry_point, seconds=int(OPERATION_SECONDS))

    def write(self, key: str) -> Answer:
        """INSERT; the node says its own name."""
        with self._connection.cursor() as cursor:
            cursor.execute(self._insert, (key,))
            row = cursor.fetchone()
        return Answer(str(row[0]) if row else "")

    def read(self) -> Answer:
        """SELECT the newest row's number."""
        with self._connection.cursor() as cursor:
            cursor.execute(self._select)
            row = cursor.fetchone()
        return Answer(str(row[0]), int(row[1])) if row else Answer()

    def abort(self) -> None:
        """Do nothing: its socket has a deadline of its own."""

    def close(self) -> None:
        """Close the connection; one that is broken already is left."""
        with suppress(pymysql.Error, OSError):
            self._connection.close()


class MariadbPlace(Place):
    """A table of its own, as others may be at work on the same cluster."""

    def __init__(self, service: Mariadb, name: str) -> None:
        self._mariadb, self._table = service, f"{TABLE}_{name}"

    @property
    def lanes(self) -> Sequence[Lane]:
        """Writes and reads, over new and pooled connections."""
        return lanes(self._mariadb, self._table)

    @property
    def readers(self) -> tuple[Host, ...]:
        """Every node."""
        return self._mariadb.members

    def make(self) -> None:
        """Make the table, empty."""
        with self._mariadb.connect(self._mariadb.entry_point) as connection, connection.cursor() as cursor:
            cursor.execute(STALE, (f"{TABLE}%", STALE_SECONDS))
            for (stale,) in cursor.fetchall():
                cursor.execute(on(stale, DROP))
            cursor.execute(on(self._table, CREATE))

    def found(self, host: Host, acknowledged: set[str], history: History) -> set[str]:
        """Rows that a node has, after it has applied all that the cluster has."""
        with self._mariadb.connect(host.address) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION wsrep_sync_wait = 1")
            cursor.execute(on(self._table, KEYS))
            return {str(row[0]) for row in cursor.fetchall()}

    def clean(self) -> None:
        """Remove the table."""
        with self._mariadb.connect(self._mariadb.entry_point) as connection, connection.cursor() as cursor:
            cursor.execute(on(self._table, DROP))

    def shown_by(self, read: Operation) -> str:
        """The node: without wsrep_sync_wait one may be behind another by what waits to be applied."""
        return read.server
