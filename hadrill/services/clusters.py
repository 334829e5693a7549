"""Every service that can be drilled, by name."""

from hadrill.inventory import Inventory
from hadrill.services.cluster import Cluster
from hadrill.services.redis.cluster import RedisCluster

CLUSTERS: dict[str, type[Cluster]] = {each.service: each for each in (RedisCluster,)}


def cluster_of(inventory: Inventory, service: str) -> Cluster:
    """The cluster of a service. Raises KeyError."""
    return CLUSTERS[service](inventory)
