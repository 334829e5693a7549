"""Basic checks of Echo."""

import pytest

from hadrill_echo import checks
from hadrill_echo.client import Echo

pytestmark = pytest.mark.service("echo")


def test_faithful(echo: Echo) -> None:
    """Every member says what it hears."""
    checks.faithful(echo)
