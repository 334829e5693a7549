"""What Galera's nodes hold that is not hadrill's, by the sizes of tables alone: no row is read."""

from hadrill.inventory import Host
from hadrill.services.errors import reading
from hadrill.services.guarded import Foreign
from hadrill.services.mariadb.service import Mariadb

PAGE_BYTES = 16384
REPLICATED = "InnoDB"
"""The engine whose tables Galera replicates. Source: Galera's documentation of its limitations."""
ENGINES = r"""
SELECT ENGINE, SUM(TABLE_ROWS), SUM(DATA_LENGTH) FROM information_schema.TABLES
WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
AND NOT (TABLE_SCHEMA = 'hadrill' AND TABLE_NAME LIKE 'hadrill\_%') GROUP BY ENGINE
"""


def _engines(service: Mariadb, host: Host) -> dict[str, tuple[int, int]]:
    """Rows and bytes by engine. Raises pymysql.Error, BadAnswerError."""
    # As root: others see only the tables that they may use.
    with service.connect(host.address, user="root", database=None) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION wsrep_sync_wait = 0")
        cursor.execute(ENGINES)
        with reading(f"MariaDB on {host}"):
            return {str(engine): (int(rows or 0), int(size or 0)) for engine, rows, size in cursor.fetchall()}


def foreign(service: Mariadb, host: Host) -> Foreign:
    """Pages of tables. InnoDB only estimates them, so that only a great loss counts."""
    size = sum(size for _, size in _engines(service, host).values())
    return Foreign("pages of tables", -(-size // PAGE_BYTES), exact=False)


def why_not_survives(service: Mariadb, host: Host) -> str:
    """Tables in memory, and those that Galera does not replicate: a full transfer (SST) replaces them."""
    alone = {engine: rows for engine, (rows, _) in _engines(service, host).items() if engine != REPLICATED and rows}
    if not alone:
        return ""
    told = ", ".join(f"{rows:,} rows of engine {engine}" for engine, rows in sorted(alone.items()))
    return f"{told} on {host} may be gone afterwards: Galera replicates {REPLICATED} alone, and memory keeps nothing"
