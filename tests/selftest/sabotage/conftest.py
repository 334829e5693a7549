"""The same lab as the other tests'."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Unit tests judge facts that were kept here."""
    parser.addoption("--keep-facts", type=Path, metavar="DIR", help="keep what the hosts said in each case, as JSON")
