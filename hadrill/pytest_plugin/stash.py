"""Where a run keeps what it is about."""

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote

INVENTORY = pytest.StashKey[Inventory]()
REMOTE = pytest.StashKey[Remote]()
"""Connections of the whole run: none is opened before a host is asked, and each only once."""
