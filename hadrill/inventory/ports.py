"""Which port of which host answers whom. The firewall is made from it, and the port matrix is tested against it."""

from collections.abc import Iterator
from dataclasses import dataclass

from hadrill.inventory.host import Host, Role
from hadrill.inventory.inventory import Inventory
from hadrill.inventory.profile import KUBERNETES

PEERS = "peers"
BALANCERS = "load balancers"
NETWORK = "private network"
NODES = "Kubernetes' hosts"

Source = Role | str

# What every Kubernetes host has.
_NODE: tuple[tuple[int, str, tuple[Source, ...]], ...] = (
    (10250, "kubelet", (NODES,)),
    (80, "ingress", (BALANCERS, NODES, Role.RUNNER)),
    (443, "ingress with TLS", (BALANCERS, NODES, Role.RUNNER)),
)

# For each role: port, what listens there, and who may connect. SSH from the runner is everywhere.
OPENINGS: dict[Role, tuple[tuple[int, str, tuple[Source, ...]], ...]] = {
    Role.POSTGRESQL: (
        (5432, "PostgreSQL", (PEERS, Role.HAPROXY, Role.RUNNER)),
        (8008, "Patroni REST", (PEERS, Role.HAPROXY, Role.RUNNER)),
        (5010, "Patroni Raft", (PEERS,)),
    ),
    Role.HAPROXY: (
        (5432, "PostgreSQL primary", (BALANCERS, Role.RUNNER)),
        (6432, "PgBouncer", (BALANCERS, Role.RUNNER)),
        (6379, "Redis master", (BALANCERS, Role.RUNNER)),
        (5672, "AMQP", (BALANCERS, Role.RUNNER)),
        (15672, "RabbitMQ management", (Role.RUNNER,)),
        (9000, "S3", (BALANCERS, Role.RUNNER)),
        (8404, "HAProxy statistics", (Role.RUNNER,)),
        (26380, "Redis master updater", (Role.REDIS,)),
    ),
    Role.REDIS: (
        (6379, "Redis", (PEERS, Role.HAPROXY, Role.RUNNER)),
        (26379, "Sentinel", (PEERS, Role.HAPROXY, Role.RUNNER)),
    ),
    Role.RABBITMQ: (
        (5672, "AMQP", (Role.HAPROXY, Role.RUNNER)),
        (15672, "RabbitMQ management", (Role.HAPROXY, Role.RUNNER)),
        (4369, "Erlang port mapper", (PEERS,)),
        (25672, "Erlang distribution", (PEERS,)),
    ),
    Role.MINIO: (
        (9000, "S3", (NETWORK,)),
        (9001, "MinIO console", (Role.RUNNER,)),
    ),
    Role.MARIADB: (
        (3306, "MariaDB", (PEERS, Role.PROXYSQL, Role.RUNNER)),
        (4567, "Galera", (PEERS,)),
        (4568, "Galera IST", (PEERS,)),
        (4444, "Galera SST", (PEERS,)),
    ),
    Role.K3S_SERVER: (
        (6443, "Kubernetes API", (NODES, BALANCERS, Role.RUNNER)),
        (2379, "etcd", (PEERS, Role.RUNNER)),
        (2380, "etcd peers", (PEERS,)),
        *_NODE,
    ),
    Role.K3S_AGENT: _NODE,
    Role.PROXYSQL: (
        (3306, "SQL proxy", (BALANCERS, Role.RUNNER)),
        (6032, "SQL proxy administration", (Role.RUNNER,)),
    ),
}

TRANSIENT = frozenset({4444, 4568})
"""Ports where something listens during a state transfer only."""


@dataclass(frozen=True)
class Opening:
    """A port of a host, and the addresses (dotted, or a network in CIDR form) that it must answer."""

    port: int
    service: str
    sources: tuple[str, ...]


def openings(inventory: Inventory, host: Host) -> Iterator[Opening]:
    """What must be open on a host. Everything that is not named here must be closed to other hosts."""
    yield Opening(inventory.settings.ssh.port, "SSH", _addresses(inventory, host, Role.RUNNER))
    for port, service, sources in OPENINGS.get(host.role, ()):
        addresses = sorted({a for source in sources for a in _addresses(inventory, host, source)})
        yield Opening(port, service, tuple(addresses))


def _addresses(inventory: Inventory, host: Host, source: Source) -> tuple[str, ...]:
    if source == NETWORK:
        return (str(inventory.settings.private_network),)
    if source == BALANCERS:
        balancers = inventory.settings.load_balancers
        return tuple(str(balancer.address) for balancer in balancers if host.role in balancer.targets)
    if source == NODES:
        return tuple(h.address for h in inventory.hosts if h.role in KUBERNETES and h != host)
    if source == PEERS:
        return tuple(h.address for h in inventory.of_role(host.role) if h.cluster == host.cluster and h != host)
    return tuple(h.address for h in inventory.hosts if h.role == source)
