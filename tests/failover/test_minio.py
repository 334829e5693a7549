"""Failover drills of distributed MinIO."""

from collections.abc import Callable

import pytest

from hadrill.drill import Case, Result

pytestmark = [pytest.mark.failover, pytest.mark.service("minio")]


@pytest.mark.drills(node=("power-off", "container-stop", "isolate"))
def test_drill(case: Case, drill: Callable[[Case], Result]) -> None:
    """A node is broken; reads and writes go on."""
    drill(case)
