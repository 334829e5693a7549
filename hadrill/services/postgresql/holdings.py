"""What PostgreSQL's members hold that is not hadrill's, by the sizes of tables alone: no row is read."""

from contextlib import closing
from dataclasses import dataclass

import psycopg

from hadrill.inventory import Host
from hadrill.services.guarded import Foreign
from hadrill.services.postgresql.service import Postgresql, denied

DATABASES = """
SELECT datname, pg_database_size(oid) / current_setting('block_size')::bigint FROM pg_database
WHERE datallowconn AND has_database_privilege(datname, 'CONNECT')
"""
# Counters of rows are forgotten in a crash, and replicas have none; the size of a file is the same everywhere.
PAGES = r"""
SELECT coalesce(sum(pages), 0)::bigint, coalesce(sum(pages) FILTER (WHERE relpersistence = 'u'), 0)::bigint
FROM (
    SELECT relpersistence, pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_t'
    AND NOT (current_database() = 'hadrill' AND relname ~ '^hadrill_')
) tables
"""


@dataclass(frozen=True)
class Pages:
    """Pages of tables, and those of them whose content no crash and no failover leaves."""

    all: int
    unlogged: int


def pages_of(service: Postgresql, host: Host) -> Pages:
    """In every database; of one that the suite's user may not open its size alone is known. Raises psycopg.Error."""
    everything = unlogged = 0
    with closing(service.connect(host.address)) as connection:
        for name, pages in connection.execute(DATABASES).fetchall():
            try:
                with closing(service.connect(host.address, database=name)) as there:
                    row = there.execute(PAGES).fetchone()
            except psycopg.OperationalError as error:
                # Another reason is one of the moment: with the size of it all, which has PostgreSQL's own tables, the
                # next count would seem to miss some.
                if not denied(error):
                    raise
                row = (pages, 0)
            if row is not None:
                everything, unlogged = everything + row[0], unlogged + row[1]
    return Pages(everything, unlogged)


def foreign(service: Postgresql, host: Host) -> Foreign:
    """Pages of tables. Their number says little of a few rows, so that only a great loss counts."""
    return Foreign("pages of tables", pages_of(service, host).all, exact=False)


def why_not_survives(service: Postgresql, host: Host) -> str:
    """Unlogged tables: PostgreSQL empties them after a crash, and a replica that is promoted never had their rows."""
    pages = pages_of(service, host).unlogged
    if not pages:
        return ""
    return f"{pages:,} pages of unlogged tables on {host} would be empty afterwards: no crash and no replica keeps them"
