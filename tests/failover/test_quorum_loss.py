"""Two of three members gone. Runs with --quorum-loss only."""

from collections.abc import Callable

import pytest

from hadrill.drill import Result
from hadrill.services.cluster import Cluster

pytestmark = [pytest.mark.failover, pytest.mark.quorum_loss]


@pytest.mark.service("postgresql")
def test_postgresql(cluster: Cluster, quorum_loss: Callable[[Cluster], Result]) -> None:
    """No leader without Patroni's store."""
    quorum_loss(cluster)


@pytest.mark.service("redis")
def test_redis(cluster: Cluster, quorum_loss: Callable[[Cluster], Result]) -> None:
    """No promotion without a majority of Sentinels."""
    quorum_loss(cluster)


@pytest.mark.service("rabbitmq")
def test_rabbitmq(cluster: Cluster, quorum_loss: Callable[[Cluster], Result]) -> None:
    """No confirm without a majority of the queue's members."""
    quorum_loss(cluster)


@pytest.mark.service("minio")
def test_minio(cluster: Cluster, quorum_loss: Callable[[Cluster], Result]) -> None:
    """No object without the write quorum."""
    quorum_loss(cluster)


@pytest.mark.service("mariadb")
def test_mariadb(cluster: Cluster, quorum_loss: Callable[[Cluster], Result]) -> None:
    """No commit outside the primary component."""
    quorum_loss(cluster)


@pytest.mark.service("kubernetes")
def test_kubernetes(cluster: Cluster, quorum_loss: Callable[[Cluster], Result]) -> None:
    """No write to the API without a majority of etcd, and pages go on."""
    quorum_loss(cluster)
