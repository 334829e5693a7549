"""Every service that can be drilled, by name."""

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.cluster import Cluster
from hadrill.services.mariadb.cluster import MariadbCluster
from hadrill.services.minio.cluster import MinioCluster
from hadrill.services.postgresql.cluster import PostgresqlCluster
from hadrill.services.proxy_clusters import HaproxyCluster, SqlProxyCluster
from hadrill.services.rabbitmq.cluster import RabbitmqCluster
from hadrill.services.redis.cluster import RedisCluster

CLUSTERS: dict[str, type[Cluster]] = {
    each.service: each
    for each in (
        PostgresqlCluster,
        RedisCluster,
        RabbitmqCluster,
        MinioCluster,
        MariadbCluster,
        HaproxyCluster,
        SqlProxyCluster,
    )
}


def cluster_of(inventory: Inventory, remote: Remote, service: str) -> Cluster:
    """The cluster of a service. Raises KeyError."""
    return CLUSTERS[service](inventory, remote)
