"""The lab's machines of Kubernetes, as an inventory without the data services."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.lab.lab import Lab
from hadrill.remote import Remote
from tests.selftest.machines import Machines, of_profile


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the lab."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="package")
def nodes(
    machines: Machines, loud: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Inventory]:
    """Kubernetes is up and installed; the inventory of its profile. Afterwards its machines lose their power."""
    try:
        machines.up("kubernetes")
        folder = of_profile("kubernetes", tmp_path_factory.mktemp("inventories") / "lab")
        loud("fab", "all", "--inventory", str(folder))
        inventory = read(folder)
        yield inventory
        lab = Lab(inventory)
        for host in inventory.managed:
            lab.cut_power(host.name)
    finally:
        machines.over(Path(__file__).parent.name)


@pytest.fixture(scope="package")
def nodes_ssh(nodes: Inventory) -> Iterator[Remote]:
    """SSH to its machines."""
    with Remote(nodes) as opened:
        yield opened
