"""The class of each service's cluster, by the service's name; loaded when it is asked for."""

from collections.abc import Iterator, Mapping

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services import registry
from hadrill.services.cluster import Cluster


class _Clusters(Mapping[str, type[Cluster]]):
    """The classes that the services' records name, in the order of the services."""

    def __getitem__(self, service: str) -> type[Cluster]:
        for known in registry.services():
            if known.name == service and known.cluster:
                cluster: type[Cluster] = registry.load(known.cluster)
                return cluster
        raise KeyError(service)

    def __contains__(self, service: object) -> bool:
        """Without loading the class, and with it the drivers, of every service that is asked about."""
        return any(known.name == service and known.cluster for known in registry.services())

    def __iter__(self) -> Iterator[str]:
        return (known.name for known in registry.services() if known.cluster)

    def __len__(self) -> int:
        return sum(1 for _ in self)


CLUSTERS = _Clusters()


def roles_of(service: str) -> frozenset[str]:
    """The roles, in servers.tsv, of a service's hosts."""
    return frozenset(role.name for role in registry.service(service).roles)


def present(inventory: Inventory, service: str) -> bool:
    """Whether the inventory has hosts of a service."""
    return bool(roles_of(service) & inventory.roles)


def cluster_of(inventory: Inventory, remote: Remote, service: str, name: str = "") -> Cluster:
    """The cluster of a service: that of the name, or the only one. Raises KeyError, NotInInventoryError."""
    kind = CLUSTERS[service]
    return kind(inventory.about(inventory.cluster(service, name)) if name else inventory, remote)


def clusters_of(inventory: Inventory, remote: Remote, service: str) -> tuple[Cluster, ...]:
    """All clusters of a service."""
    return tuple(cluster_of(inventory, remote, service, cluster.name) for cluster in inventory.clusters_of(service))
