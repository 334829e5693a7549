"""INSERT and SELECT at the entry points: PostgreSQL through HAProxy, and PgBouncer."""

import os
import socket
from collections.abc import Sequence
from contextlib import suppress

import psycopg

from hadrill.services.postgresql.service import POOLED_PORT, PORT, Postgresql
from hadrill.workload import OPERATION_SECONDS, Answer, Lane

TABLE = "hadrill_drill"


COLUMNS = "id text PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY UNIQUE"
"""Numbers are given out in order, so the greatest that a reader sees never goes back unless a write is lost."""

INSERT = "INSERT INTO hadrill_drill VALUES (%s) RETURNING host(inet_server_addr())"
SELECT = "SELECT host(inet_server_addr()), coalesce(max(number), 0) FROM hadrill_drill"
KEYS = "SELECT id FROM hadrill_drill WHERE id LIKE %s"


def lanes(service: Postgresql) -> Sequence[Lane]:
    """New connections to PostgreSQL, pooled ones to PgBouncer."""
    ports = {"new": PORT, "pooled": POOLED_PORT}
    return [
        Lane(kind, connection, port, lambda port=port: PostgresqlClient(service, port), refused)  # type: ignore[misc]  # a default
        for kind in ("write", "read")
        for connection, port in ports.items()
    ]


def refused(error: Exception) -> bool:
    """PostgreSQL answered with an error that ends a statement before its commit.

    Class 57 (shutdown) may come while a commit waits, class 08 is about the connection: nobody can say then.
    """
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    return state is not None and state[:2] not in ("57", "08")


class PostgresqlClient:
    """One connection."""

    def __init__(self, service: Postgresql, port: int) -> None:
        self._connection = service.connect(service.entry_point, port, seconds=OPERATION_SECONDS)

    def write(self, key: str) -> Answer:
        """INSERT; the server says its own address, whatever stands between."""
        row = self._connection.execute(INSERT, (key,)).fetchone()
        return Answer(str(row[0]) if row else "")

    def read(self) -> Answer:
        """SELECT the newest row's number."""
        row = self._connection.execute(SELECT).fetchone()
        return Answer(str(row[0]), row[1]) if row else Answer()

    def abort(self) -> None:
        """Shut its socket under it."""
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self._connection.fileno())) as own:
            own.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
