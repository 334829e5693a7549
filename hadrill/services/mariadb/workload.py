"""INSERT and SELECT at the entry point."""

from collections.abc import Sequence
from contextlib import suppress

import pymysql

from hadrill.inventory import Host
from hadrill.services.mariadb.service import PORT, Mariadb
from hadrill.services.place import Place
from hadrill.workload import OPERATION_SECONDS, Answer, History, Lane, Operation

TABLE = "hadrill_drill"
COLUMNS = "id VARCHAR(64) PRIMARY KEY, number BIGINT NOT NULL AUTO_INCREMENT UNIQUE"
"""Numbers of one writer rise, so the greatest that a reader sees never goes back unless a write is lost."""
INSERT = "INSERT INTO hadrill_drill (id) VALUES (%s) RETURNING @@wsrep_node_name"
SELECT = "SELECT @@wsrep_node_name, COALESCE(MAX(number), 0) FROM hadrill_drill"
KEYS = "SELECT id FROM hadrill_drill WHERE id LIKE %s"
EMPTY = "DELETE FROM hadrill_drill"
_CLIENT_ERRORS = range(2000, 3000)
"""Raised by the client's side: the connection is lost, and nobody can say what the server did."""


def lanes(service: Mariadb) -> Sequence[Lane]:
    """Writes and reads, over new and pooled connections."""
    return [
        Lane(kind, connection, PORT, lambda: MariadbClient(service), refused)
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

    def __init__(self, service: Mariadb) -> None:
        self._connection = service.connect(service.entry_point, seconds=int(OPERATION_SECONDS))

    def write(self, key: str) -> Answer:
        """INSERT; the node says its own name."""
        with self._connection.cursor() as cursor:
            cursor.execute(INSERT, (key,))
            row = cursor.fetchone()
        return Answer(str(row[0]) if row else "")

    def read(self) -> Answer:
        """SELECT the newest row's number."""
        with self._connection.cursor() as cursor:
            cursor.execute(SELECT)
            row = cursor.fetchone()
        return Answer(str(row[0]), int(row[1])) if row else Answer()

    def abort(self) -> None:
        """Its socket has a deadline of its own."""

    def close(self) -> None:
        """Close the connection; one that is broken already is only forgotten."""
        with suppress(pymysql.Error, OSError):
            self._connection.close()


class MariadbPlace(Place):
    """A table, which stays when it is empty, as the basic checks' does."""

    def __init__(self, service: Mariadb, name: str) -> None:
        self._mariadb, self._name = service, name

    @property
    def lanes(self) -> Sequence[Lane]:
        """Writes and reads, over new and pooled connections."""
        return lanes(self._mariadb)

    @property
    def readers(self) -> tuple[Host, ...]:
        """Every node."""
        return self._mariadb.members

    def make(self) -> None:
        """An empty table."""
        with self._mariadb.connect(self._mariadb.entry_point) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE OR REPLACE TABLE {TABLE} ({COLUMNS})")

    def found(self, host: Host, acknowledged: set[str], history: History) -> set[str]:
        """Rows that a node has, after it has applied all that the cluster has."""
        with self._mariadb.connect(host.address) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION wsrep_sync_wait = 1")
            cursor.execute(KEYS, (f"{self._name}-%",))
            return {str(row[0]) for row in cursor.fetchall()}

    def clean(self) -> None:
        """Empty the table."""
        with self._mariadb.connect(self._mariadb.entry_point) as connection, connection.cursor() as cursor:
            cursor.execute(EMPTY)

    def shown_by(self, read: Operation) -> str:
        """The node: without wsrep_sync_wait one may be behind another by what waits to be applied."""
        return read.server
