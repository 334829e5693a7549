"""How a component runs in one cluster: as its service's record says, or as topology.yaml does."""

from hadrill.inventory import Host, Inventory
from hadrill.placement import Placement, placed


def placed_in(inventory: Inventory, service: str, component: str, host: Host | None = None) -> Placement:
    """The placement in the cluster that an inventory is about, or in that of a host."""
    return placed(inventory.record(service, host), component)
