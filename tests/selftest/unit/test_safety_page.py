"""docs/safety.md promises the times that the code keeps."""

from pathlib import Path

from hadrill.chaos import storm
from hadrill.drill.fault_block import BLOCK_SECONDS
from hadrill.drill.injection import TIMER_SLACK_SECONDS
from hadrill.drill.recovery import OVERTIME_SECONDS

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_says_when_the_target_s_own_timer_heals() -> None:
    (row,) = [
        line for line in (DOCS / "safety.md").read_text("utf-8").splitlines() if line.startswith("| runner and watch")
    ]
    assert row.split(" | ")[-1] == (
        f"{TIMER_SLACK_SECONDS:g} s after the longest time that the fault may stay:"
        f" in a drill the budget and {OVERTIME_SECONDS:g} s of overtime (twice the budget where the majority goes,"
        f" all of a node's loss), in a chaos run the budget and {storm.LEASE_SECONDS / 2:g} s,"
        f" in a `with` block of a test {BLOCK_SECONDS:g} s |"
    )


def test_a_block_of_a_test_is_undone_when_its_page_says() -> None:
    page = (DOCS / "writing-a-drill.md").read_text("utf-8")
    assert f"by the target's own timer after {BLOCK_SECONDS + TIMER_SLACK_SECONDS:g} s" in page
