"""The lab with Kubernetes alone: two processors carry one half of the stack at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.remote import Remote
from tests.selftest.lab.suite import LAB


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the lab."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def nodes(nodes_up: None) -> Inventory:
    """Kubernetes is up and installed; the inventory of its profile."""
    return read(LAB, "kubernetes")


@pytest.fixture(scope="session")
def nodes_ssh(nodes: Inventory) -> Iterator[Remote]:
    """SSH to its machines."""
    with Remote(nodes) as opened:
        yield opened
