"""Failover drills of Redis with Sentinel."""

from collections.abc import Callable

import pytest

from hadrill.drill import Case, Result

pytestmark = [pytest.mark.failover, pytest.mark.service("redis")]
ANY_MEMBER = ("power-off", "container-stop", "container-kill", "container-pause", "isolate")
SENTINEL_ALONE = ("container-stop", "container-kill", "container-pause", "cut-port", "power-off", "isolate")


@pytest.mark.drills(master=("switchover", *ANY_MEMBER), replica=ANY_MEMBER, sentinel=SENTINEL_ALONE)
def test_drill(case: Case, drill: Callable[[Case], Result]) -> None:
    """The master, a replica or a Sentinel is broken; clients are served again within the budget."""
    drill(case)
