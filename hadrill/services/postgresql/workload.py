"""INSERT and SELECT at the entry points: PostgreSQL through HAProxy, and PgBouncer."""

import os
import socket
from collections.abc import Sequence
from contextlib import closing, suppress

import psycopg

from hadrill.inventory import Host
from hadrill.services.place import Place
from hadrill.services.postgresql.service import POOLED_PORT, PORT, Postgresql
from hadrill.timing import Deadline, eventually
from hadrill.workload import OPERATION_SECONDS, Answer, History, Lane

TABLE = "hadrill_drill"
COLUMNS = "id text PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY UNIQUE"
"""Numbers are given out in order, so the greatest that a reader sees never goes back unless a write is lost."""

INSERT = "INSERT INTO hadrill_drill VALUES (%s) RETURNING host(inet_server_addr())"
SELECT = "SELECT host(inet_server_addr()), coalesce(max(number), 0) FROM hadrill_drill"
KEYS = "SELECT id FROM hadrill_drill WHERE id LIKE %s"
CAUGHT_UP_SECONDS = 15.0


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


class PostgresqlPlace(Place):
    """A table, which stays when it is empty, as the basic checks' does."""

    def __init__(self, service: Postgresql, name: str) -> None:
        self._postgresql, self._name = service, name

    @property
    def lanes(self) -> Sequence[Lane]:
        """New connections to PostgreSQL through HAProxy, pooled ones to PgBouncer."""
        return lanes(self._postgresql)

    @property
    def readers(self) -> tuple[Host, ...]:
        """Every member."""
        return self._postgresql.members

    def make(self) -> None:
        """An empty table."""
        with closing(self._postgresql.connect(self._postgresql.entry_point)) as connection:
            connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
            connection.execute(f"CREATE TABLE {TABLE} ({COLUMNS})")

    def found(self, host: Host, acknowledged: set[str], history: History) -> set[str]:
        """Rows that a member has, once it has replayed all that the leader wrote."""
        with closing(self._postgresql.connect(self._postgresql.leader().address)) as connection:
            row = connection.execute("SELECT pg_current_wal_lsn()").fetchone()
        with closing(self._postgresql.connect(host.address)) as connection:
            behind = "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() < %s"

            def lagging() -> str | None:
                answer = connection.execute(behind, row).fetchone()
                return "it has not replayed everything" if answer and answer[0] else None

            eventually(f"{host} to catch up", lagging, Deadline(CAUGHT_UP_SECONDS))
            return {str(key) for (key,) in connection.execute(KEYS, (f"{self._name}-%",))}

    def clean(self) -> None:
        """Empty the table."""
        with closing(self._postgresql.connect(self._postgresql.entry_point)) as connection:
            connection.execute(f"TRUNCATE {TABLE}")
