"""Basic checks of Redis with Sentinel."""

import pytest

from hadrill.services.redis import checks
from hadrill.services.redis.service import Redis

pytestmark = pytest.mark.service("redis")


def test_connectivity(redis: Redis) -> None:
    """An application writes and reads on the master, at the entry point and through every proxy."""
    checks.connectivity(redis)


def test_replication(redis: Redis) -> None:
    """One master; every replica has what was written on it."""
    checks.replication(redis)


def test_sentinel(redis: Redis) -> None:
    """Every Sentinel reaches its quorum over the network and names the same master."""
    checks.sentinel(redis)
