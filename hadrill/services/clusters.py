"""Every service that can be drilled, by name."""

from hadrill.inventory import Inventory, Role
from hadrill.inventory.profile import KUBERNETES
from hadrill.remote import Remote
from hadrill.services.cluster import Cluster
from hadrill.services.haproxy.cluster import HaproxyCluster
from hadrill.services.kubernetes.cluster import KubernetesCluster
from hadrill.services.mariadb.cluster import MariadbCluster
from hadrill.services.minio.cluster import MinioCluster
from hadrill.services.postgresql.cluster import PostgresqlCluster
from hadrill.services.proxysql.cluster import SqlProxyCluster
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
        KubernetesCluster,
    )
}


def roles_of(service: str) -> frozenset[Role]:
    """The inventory's roles of hosts that a service's drills can break."""
    return KUBERNETES if service == KubernetesCluster.service else frozenset({Role(service)})


def present(inventory: Inventory, service: str) -> bool:
    """Whether the inventory has hosts of a service."""
    return bool(roles_of(service) & inventory.roles)


def cluster_of(inventory: Inventory, remote: Remote, service: str) -> Cluster:
    """The cluster of a service. Raises KeyError."""
    return CLUSTERS[service](inventory, remote)
