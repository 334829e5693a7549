"""Runs before anything else: with the lab down, no packet for its subnet may leave this computer."""

from pathlib import Path

import pytest

from hadrill.inventory.settings import read_settings
from hadrill.pytest_plugin.options import options_of

UNIT = Path(__file__).parent / "tests" / "selftest" / "unit"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Seal a lab's subnet. Other inventories are left alone, and so are this computer's routes by unit tests."""
    if hasattr(session.config, "workerinput") or _only_unit_tests(session.config):
        return
    file = options_of(session.config).folder / "settings.yaml"
    settings = read_settings(file, []) if file.exists() else None
    if settings is not None:
        from hadrill.lab.network import seal

        seal(settings)


def _only_unit_tests(config: pytest.Config) -> bool:
    paths = [(config.rootpath / argument.partition("::")[0]).resolve() for argument in config.args]
    return all(path.is_relative_to(UNIT) for path in paths)
