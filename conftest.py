"""Runs before anything else: with the lab down, no packet for its subnet may leave this computer."""

from pathlib import Path

import pytest

from hadrill.inventory.document import read_document
from hadrill.inventory.settings import Settings
from hadrill.lab.network import seal


def pytest_sessionstart(session: pytest.Session) -> None:
    """Seal a lab's subnet; other inventories are left alone."""
    file = Path(session.config.option.inventory) / "settings.yaml"
    settings = read_document(file, Settings, []) if file.exists() else None
    if settings is not None and not hasattr(session.config, "workerinput"):
        seal(settings)
