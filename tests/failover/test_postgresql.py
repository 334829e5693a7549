"""Failover drills of PostgreSQL with Patroni."""

from collections.abc import Callable

import pytest

from hadrill.drill import Case, Result

pytestmark = [pytest.mark.failover, pytest.mark.service("postgresql")]
ANY_MEMBER = (
    "power-off",
    "container-stop",
    "container-kill",
    "patroni-kill",
    "postgres-kill",
    "isolate",
    "container-pause",
)


@pytest.mark.drills(leader=("switchover", *ANY_MEMBER), replica=ANY_MEMBER)
def test_drill(case: Case, drill: Callable[[Case], Result]) -> None:
    """The leader or a replica is broken; clients are served again within the budget."""
    drill(case)
