"""Runs before anything else: with the lab down, no packet for its subnet may leave this computer."""

from pathlib import Path

import pytest

from hadrill.inventory.settings import read_settings
from hadrill.lab.network import seal


def pytest_sessionstart(session: pytest.Session) -> None:
    """Seal a lab's subnet; other inventories are left alone."""
    file = Path(session.config.option.inventory) / "settings.yaml"
    settings = read_settings(file, []) if file.exists() else None
    if settings is not None and not hasattr(session.config, "workerinput"):
        seal(settings)
