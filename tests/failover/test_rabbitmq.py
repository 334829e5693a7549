"""Failover drills of RabbitMQ with a quorum queue."""

from collections.abc import Callable

import pytest

from hadrill.drill import Case, Result

pytestmark = [pytest.mark.failover, pytest.mark.service("rabbitmq")]
ANY_MEMBER = ("power-off", "container-stop", "container-kill", "isolate")


@pytest.mark.drills(leader=ANY_MEMBER, follower=ANY_MEMBER)
def test_drill(case: Case, drill: Callable[[Case], Result]) -> None:
    """The node that leads the queue, or another, is broken; no confirmed message may be lost."""
    drill(case)
