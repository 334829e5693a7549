"""Basic checks of MariaDB with Galera and its SQL proxies."""

import pytest

from hadrill.services.mariadb import checks
from hadrill.services.mariadb.service import Mariadb

pytestmark = pytest.mark.service("mariadb")


def test_connectivity(mariadb: Mariadb) -> None:
    """An application at the entry point writes a row and reads it."""
    checks.connectivity(mariadb)


def test_cluster(mariadb: Mariadb) -> None:
    """Every node is synced in one primary component of full size."""
    checks.cluster(mariadb)


def test_sql_proxy(mariadb: Mariadb) -> None:
    """What is written through each SQL proxy is read on every node."""
    checks.sql_proxy(mariadb)
