"""INSERT and SELECT at the entry point."""

from collections.abc import Sequence
from contextlib import suppress

import pymysql

from hadrill.services.mariadb.service import PORT, Mariadb
from hadrill.workload import OPERATION_SECONDS, Answer, Lane

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
