"""Where a run keeps what it is about."""

import pytest

from hadrill.inventory import Inventory

INVENTORY = pytest.StashKey[Inventory]()
