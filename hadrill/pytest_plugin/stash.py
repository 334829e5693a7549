"""Where a run keeps what it is about."""

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote

INVENTORY = pytest.StashKey[Inventory]()
REMOTE = pytest.StashKey[Remote]()
"""Connections of the whole run: each is opened when its host is first asked."""
