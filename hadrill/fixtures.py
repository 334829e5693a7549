"""What checks are given: the inventory, ways to its hosts, and each cluster."""

from collections.abc import Iterator

import pytest
import testinfra.host

from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.remote.backend import RemoteBackend
from hadrill.services.hosts.scan import PortScan, scan
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.minio.service import Minio
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.rabbitmq.service import Rabbitmq
from hadrill.services.redis.service import Redis

STOCK = pytest.StashKey[Inventory]()
"""Where a run keeps the inventory that it is about."""


@pytest.fixture(scope="session")
def inventory(pytestconfig: pytest.Config) -> Inventory:
    """The inventory that the run is about."""
    return pytestconfig.stash[STOCK]


@pytest.fixture(scope="session")
def remote(inventory: Inventory) -> Iterator[Remote]:
    """SSH to the inventory's hosts."""
    with Remote(inventory) as opened:
        yield opened


@pytest.fixture
def machine(host: Host, remote: Remote) -> testinfra.host.Host:
    """A host as testinfra sees it, over the run's own connections."""
    return testinfra.host.Host(RemoteBackend(remote, host))


@pytest.fixture(scope="session")
def reachable(inventory: Inventory, remote: Remote) -> PortScan:
    """Which port of which host answers which other host, tried once a run."""
    return scan(inventory, remote)


@pytest.fixture(scope="session")
def postgresql(inventory: Inventory) -> Postgresql:
    """The PostgreSQL cluster."""
    return Postgresql(inventory)


@pytest.fixture(scope="session")
def redis(inventory: Inventory) -> Redis:
    """The Redis cluster."""
    return Redis(inventory)


@pytest.fixture(scope="session")
def rabbitmq(inventory: Inventory) -> Rabbitmq:
    """The RabbitMQ cluster."""
    return Rabbitmq(inventory)


@pytest.fixture(scope="session")
def minio(inventory: Inventory) -> Minio:
    """The MinIO cluster."""
    return Minio(inventory)


@pytest.fixture(scope="session")
def kubernetes(inventory: Inventory) -> Kubernetes:
    """The Kubernetes cluster."""
    return Kubernetes(inventory)


@pytest.fixture(scope="session")
def mariadb(inventory: Inventory) -> Mariadb:
    """The MariaDB cluster."""
    return Mariadb(inventory)
