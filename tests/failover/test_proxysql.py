"""Drills of the SQL proxies."""

from collections.abc import Callable

import pytest

from hadrill.drill import Case, Result

pytestmark = [pytest.mark.failover, pytest.mark.service("proxysql")]


@pytest.mark.drills(proxy=("power-off", "container-stop"))
def test_drill(case: Case, drill: Callable[[Case], Result]) -> None:
    """One SQL proxy is broken; clients go on through the other."""
    drill(case)
