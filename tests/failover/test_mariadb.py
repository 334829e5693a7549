"""Failover drills of MariaDB Galera behind its SQL proxies."""

from collections.abc import Callable

import pytest

from hadrill.drill import Case, Result

pytestmark = [pytest.mark.failover, pytest.mark.service("mariadb")]
ANY_MEMBER = ("power-off", "container-stop", "container-kill", "isolate")


@pytest.mark.drills(writer=ANY_MEMBER, node=ANY_MEMBER)
def test_drill(case: Case, drill: Callable[[Case], Result]) -> None:
    """The writer that the proxy uses, or another node, is broken; no committed row may be lost."""
    drill(case)
