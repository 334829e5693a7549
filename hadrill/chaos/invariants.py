"""What must hold whatever is broken, judged from histories alone. Each returns what was violated."""

from collections.abc import Iterable, Sequence

from hadrill.workload import OK, Lane, Operation

SLACK_SECONDS = 1.0
"""An operation is given up at its deadline; its thread learns of it a little later."""


def late(operations: Iterable[Operation], lanes: Sequence[Lane]) -> list[str]:
    """Every operation ends by its deadline: an application that waits for ever is an outage that nobody counts."""
    allowed = {lane.name: lane.seconds + SLACK_SECONDS for lane in lanes}
    over = [each for each in operations if each.end - each.start > allowed[each.lane]]
    if not over:
        return []
    worst = max(over, key=lambda each: each.end - each.start)
    seconds = worst.end - worst.start
    return [f"{len(over)} operations ended after their deadline, {worst.key} of {worst.lane!r} after {seconds:.1f} s"]


def untouched(operations: Iterable[Operation]) -> list[str]:
    """Where nothing is broken nothing fails, whatever happens to the other clusters."""
    done = list(operations)
    failed = [each for each in done if each.outcome != OK]
    if not done:
        return ["not one operation was made"]
    if not failed:
        return []
    return [f"{len(failed)} of {len(done)} operations failed though nothing was broken here: {failed[0].error}"]
