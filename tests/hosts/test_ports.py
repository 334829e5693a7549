"""The port matrix, tried over the network from every host to every other."""

import pytest

from hadrill.inventory import Host, Inventory
from hadrill.services.hosts.scan import PortScan, entry_points_answer, only_the_wanted_ports

pytestmark = pytest.mark.service("ports")


def test_only_wanted(host: Host, inventory: Inventory, reachable: PortScan) -> None:
    """A host's ports answer those who need them, and nobody else."""
    only_the_wanted_ports(inventory, host, reachable)


def test_entry_points(inventory: Inventory, reachable: PortScan) -> None:
    """Every load balancer takes connections from every host."""
    entry_points_answer(inventory, reachable)
