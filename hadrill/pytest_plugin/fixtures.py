"""Fixtures of checks: the inventory, connections to its hosts, and a client of each service."""

from typing import Any

import pytest
import testinfra.host

from hadrill.inventory import Host, Inventory, NamedCluster
from hadrill.pytest_plugin.stash import INVENTORY, REMOTE
from hadrill.remote import Remote
from hadrill.remote.backend import RemoteBackend
from hadrill.services import registry
from hadrill.services.hosts.scan import PortScan, scan
from hadrill.services.service import Service


@pytest.fixture(scope="session")
def inventory(pytestconfig: pytest.Config) -> Inventory:
    """The inventory of this run."""
    return pytestconfig.stash[INVENTORY]


@pytest.fixture(scope="session")
def remote(pytestconfig: pytest.Config) -> Remote:
    """SSH to the inventory's hosts."""
    return pytestconfig.stash[REMOTE]


@pytest.fixture
def machine(host: Host, remote: Remote) -> testinfra.host.Host:
    """A host as testinfra sees it, over the run's own connections."""
    return testinfra.host.Host(RemoteBackend(remote, host))


@pytest.fixture(scope="session")
def reachable(inventory: Inventory, remote: Remote) -> PortScan:
    """Which port of which host answers which other host, tried once in a run."""
    return scan(inventory, remote)


@pytest.fixture(scope="session")
def about_cluster(request: pytest.FixtureRequest) -> NamedCluster | None:
    """The cluster that a check is about where its service has several; None where it has one."""
    cluster: NamedCluster | None = getattr(request, "param", None)
    return cluster


def _of(service: Service) -> Any:
    """The fixture that gives checks a service's client."""

    def client(inventory: Inventory, about_cluster: NamedCluster | None) -> Any:
        if about_cluster is not None and about_cluster.service == service.name:
            inventory = inventory.about(about_cluster)
        return registry.load(service.client)(inventory)

    client.__doc__ = f"The client of {service.title}."
    return pytest.fixture(scope="session", name=service.fixture)(client)


# pytest finds fixtures among the names of a module.
globals().update({f"client_of_{known.fixture}": _of(known) for known in registry.services() if known.fixture})
