"""Can each of the 13 checks fail? The lab is really broken, and that check alone must say so, with the cause."""

from collections.abc import Callable
from typing import Any

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from tests.selftest.lab.red_cases import CASES, Bench


@pytest.mark.parametrize("check", CASES)
@pytest.mark.usefixtures("healed")
def test_a_broken_lab_turns_that_check_red(
    check: str, stock: Inventory, ssh: Remote, basic: Callable[[], dict[str, Any]]
) -> None:
    broken = CASES[check](Bench(stock, ssh))
    try:
        summary = basic()
    finally:
        broken.mend()

    red = {each["id"]: each for each in summary["checks"] if each["outcome"] != "passed"}
    assert list(red) == [f"tests/basic/{check}"], summary["console"]
    found = red[f"tests/basic/{check}"]
    assert broken.host in found["host"], found
    assert broken.cause in found["message"], found
    assert (summary["passed"], summary["total"], summary["status"]) == (12, 13, 1)
