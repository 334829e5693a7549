"""Failover drills of Echo."""

from collections.abc import Callable

import pytest

from hadrill.drill import Case, Result

pytestmark = [pytest.mark.failover, pytest.mark.service("echo")]


@pytest.mark.drills(member=("container-stop", "container-kill", "power-off", "isolate"))
def test_drill(case: Case, drill: Callable[[Case], Result]) -> None:
    """A member is broken; clients go on with the other."""
    drill(case)
