"""Chaos, one lane for each service."""

from collections.abc import Callable

import pytest

from hadrill.drill import Result

pytestmark = pytest.mark.chaos


def test_lane(lane: str, chaos: Callable[[str], list[Result]]) -> None:
    """Round after round of faults on one service; every promise holds after each."""
    chaos(lane)
