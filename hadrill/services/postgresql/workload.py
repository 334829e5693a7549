"""INSERT and SELECT at the entry points: PostgreSQL through HAProxy, and PgBouncer."""

import os
import socket
from collections.abc import Sequence
from contextlib import closing, suppress

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from hadrill.inventory import Host
from hadrill.services.place import STALE_SECONDS, Place
from hadrill.services.postgresql.service import POOLED_PORT, PORT, Postgresql
from hadrill.timing import Deadline, eventually
from hadrill.workload import OPERATION_SECONDS, Answer, History, Lane

PREFIX = "hadrill_drill"
# Numbers are given out in order, so the greatest that a reader sees never goes back unless a write is lost.
CREATE = SQL("CREATE TABLE {} (id text PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY UNIQUE)")
# The table says when it was made, by the server's clock.
NOW, DATED = "SELECT extract(epoch FROM now())::text", SQL("COMMENT ON TABLE {} IS {}")
STALE = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND pg_table_is_visible(oid) AND starts_with(relname, %s)
AND coalesce(obj_description(oid, 'pg_class'), '0')::float8 < extract(epoch FROM now()) - %s
"""
DROP = SQL("DROP TABLE IF EXISTS {}")
INSERT = SQL("INSERT INTO {} VALUES (%s) RETURNING host(inet_server_addr())")
SELECT = SQL("SELECT host(inet_server_addr()), coalesce(max(number), 0) FROM {}")
KEYS = SQL("SELECT id FROM {}")
CAUGHT_UP_SECONDS = 15.0


def lanes(service: Postgresql, table: Identifier) -> Sequence[Lane]:
    """New connections to PostgreSQL, pooled ones to PgBouncer."""
    ports = {"new": PORT, **({"pooled": POOLED_PORT} if service.has_pool else {})}
    return [
        Lane(kind, connection, port, lambda port=port: PostgresqlClient(service, port, table), refused)  # type: ignore[misc]  # a default
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

    def __init__(self, service: Postgresql, port: int, table: Identifier) -> None:
        self._insert, self._select = INSERT.format(table), SELECT.format(table)
        self._connection = service.connect(service.way_in(port), port, seconds=OPERATION_SECONDS)

    def write(self, key: str) -> Answer:
        """INSERT; the server says its own address, whatever stands between."""
        row = self._connection.execute(self._insert, (key,)).fetchone()
        return Answer(str(row[0]) if row else "")

    def read(self) -> Answer:
        """SELECT the newest row's number."""
        row = self._connection.execute(self._select).fetchone()
        return Answer(str(row[0]), row[1]) if row else Answer()

    def abort(self) -> None:
        """Shut down its socket."""
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self._connection.fileno())) as own:
            own.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class PostgresqlPlace(Place):
    """A table of its own, as others may be at work on the same cluster."""

    def __init__(self, service: Postgresql, name: str) -> None:
        self._postgresql, self._table = service, Identifier(f"{PREFIX}_{name}")

    @property
    def lanes(self) -> Sequence[Lane]:
        """New connections to PostgreSQL through HAProxy, pooled ones to PgBouncer."""
        return lanes(self._postgresql, self._table)

    @property
    def readers(self) -> tuple[Host, ...]:
        """Every member."""
        return self._postgresql.members

    def make(self) -> None:
        """Make the table, empty, with the time of its making."""
        with closing(self._postgresql.connect(self._postgresql.entry_point)) as connection:
            for (stale,) in connection.execute(STALE, (PREFIX, STALE_SECONDS)).fetchall():
                connection.execute(DROP.format(Identifier(stale)))
            connection.execute(CREATE.format(self._table))
            row = connection.execute(NOW).fetchone()
            connection.execute(DATED.format(self._table, Literal(row[0] if row else "0")))

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
            return {str(key) for (key,) in connection.execute(KEYS.format(self._table))}

    def clean(self) -> None:
        """Remove the table."""
        with closing(self._postgresql.connect(self._postgresql.entry_point)) as connection:
            connection.execute(DROP.format(self._table))
