"""What tests on the lab share: the basic checks as a user runs them, and a lab that is whole again afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hadrill.drill import Session
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from tests.selftest.lab.from_bare import FromBare
from tests.selftest.lab.suite import run_suite, until_healthy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the lab."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session", autouse=True)
def lab_first(installed: FromBare | None) -> None:
    """Every test here finds the lab up, whether it asks or not."""


@pytest.fixture
def basic(tmp_path: Path) -> Callable[[], dict[str, Any]]:
    """Run the basic checks as a user does, and return their summary.json."""
    return lambda: run_suite("tests/basic", tmp_path, "--no-page")


@pytest.fixture
def session(lab_inventory: Inventory, ssh: Remote, tmp_path: Path) -> Iterator[Session]:
    """A session of drills on the lab."""
    opened = Session(lab_inventory, ssh, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def healed(lab_inventory: Inventory) -> Iterator[None]:
    """After the test, whatever it did: wait until every service is whole again, or say which is not."""
    yield
    until_healthy(lab_inventory)
