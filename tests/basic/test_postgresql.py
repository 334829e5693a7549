"""Basic checks of PostgreSQL with Patroni and PgBouncer."""

import pytest

from hadrill.services.postgresql import checks
from hadrill.services.postgresql.service import Postgresql

pytestmark = pytest.mark.service("postgresql")


def test_connectivity(postgresql: Postgresql) -> None:
    """An application at the entry point reaches the leader, and pgvector answers."""
    checks.connectivity(postgresql)


def test_cluster(postgresql: Postgresql) -> None:
    """Every member sees one leader and two streaming replicas."""
    checks.cluster(postgresql)


def test_replication(postgresql: Postgresql) -> None:
    """A row written on the leader is read on every replica."""
    checks.replication(postgresql)


def test_pgbouncer(postgresql: Postgresql) -> None:
    """PgBouncer leads to the leader, at the entry point and on every proxy."""
    checks.pgbouncer(postgresql)
