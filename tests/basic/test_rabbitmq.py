"""Basic checks of RabbitMQ with quorum queues."""

import pytest

from hadrill.services.rabbitmq import checks
from hadrill.services.rabbitmq.service import Rabbitmq

pytestmark = pytest.mark.service("rabbitmq")


def test_connectivity(rabbitmq: Rabbitmq) -> None:
    """A message is confirmed by a quorum queue and comes back."""
    checks.connectivity(rabbitmq)


def test_cluster(rabbitmq: Rabbitmq) -> None:
    """Every node sees all nodes running, without partition or alarm."""
    checks.cluster(rabbitmq)
