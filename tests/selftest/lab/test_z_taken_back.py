"""Every host is taken back to bare, after all that was done to it. Runs last: nothing is installed any more."""

from collections.abc import Callable

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from tests.selftest.lab.from_bare import changes, what_is_left

pytestmark = [pytest.mark.runs_last, pytest.mark.usefixtures("alone")]


def test_nothing_of_hadrill_is_left_on_any_host(
    loud: Callable[..., str], lab_inventory: Inventory, ssh: Remote
) -> None:
    assert set(what_is_left(lab_inventory, ssh, lab_inventory.managed)) == set(lab_inventory.managed)
    loud("fab", "clean", "--consent", "lab")
    assert what_is_left(lab_inventory, ssh, lab_inventory.managed) == {}
    assert changes(loud("fab", "base", "--check")) > len(lab_inventory.managed)
