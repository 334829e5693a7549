"""How long no operation of a lane succeeded, and how long successful operations took."""

from collections.abc import Iterable
from dataclasses import dataclass

from hadrill.workload.history import OK, Operation


@dataclass(frozen=True)
class Outage:
    """A time between the ends of two successes that follow one another. `over` is false where it still lasts."""

    start: float
    end: float
    over: bool = True

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


def longest_outage(operations: Iterable[Operation], start: float, end: float) -> Outage:
    """The longest outage of one lane that touches the time from `start` to `end`.

    It begins with the last success before `start`, so that the choice of that moment hides nothing.
    """
    ends = sorted(operation.end for operation in operations if operation.outcome == OK)
    before = [moment for moment in ends if moment < start]
    inside = [moment for moment in ends if start <= moment]
    last = before[-1] if before else start
    longest = Outage(last, last)
    for moment in inside:
        if last > end:
            return longest
        longest = max(longest, Outage(last, moment), key=lambda outage: outage.seconds)
        last = moment
    if last < end:
        longest = max(longest, Outage(last, end, over=False), key=lambda outage: outage.seconds)
    return longest


def latencies(operations: Iterable[Operation]) -> dict[str, float]:
    """Milliseconds that successful operations took, as p50 and p99; empty where none succeeded."""
    taken = sorted((operation.end - operation.start) * 1000 for operation in operations if operation.outcome == OK)
    if not taken:
        return {}
    return {
        "p50_ms": round(taken[len(taken) // 2], 1),
        "p99_ms": round(taken[min(len(taken) - 1, len(taken) * 99 // 100)], 1),
    }
