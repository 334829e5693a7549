"""Services that may hold data of others: would a fault destroy it, and is it all there afterwards?

An optional ability: a cluster that has these two methods is guarded and counted, whichever service it is of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hadrill.inventory import Host

CHURN = 10.0
"""What others add and remove may change so many times faster than it did before the fault."""
UNEVEN = 10
"""A few keys with a long life make the average of many short ones long."""


@dataclass(frozen=True)
class Foreign:
    """What one member holds that no drill wrote.

    `lasting` stays until somebody removes it; `passing` ends by itself, on average after `passing_s` seconds. What is
    not `exact` is an estimate, or comes late: of it only a great loss can be told.
    """

    what: str
    lasting: int
    passing: int = 0
    passing_s: float = 0.0
    exact: bool = True

    @property
    def total(self) -> int:
        """All of it."""
        return self.lasting + self.passing


@runtime_checkable
class Guarded(Protocol):
    """Knows whether its members' data would outlive a fault, and counts what is not a drill's."""

    def why_not_survives(self, host: Host, role: str, back: str) -> str:
        """Why data of others would be gone, with the sum; empty where it stays. Raises one of asking.failures().

        `back` says what starts the member's processes again. Nobody knows how soon: it may be before they are missed.
        """

    def foreign(self, host: Host) -> Foreign:
        """What a member holds that no drill wrote. Raises one of asking.failures()."""


Counts = Mapping[str, Foreign]
"""What each member holds, by its name."""


def why_less(before: Counts, steady: Counts, after: Counts, steady_s: float, seconds: float) -> str:
    """What of others' data is missing after an experiment of so many seconds; empty where nothing is.

    `steady` is a second look before the fault, `steady_s` after the first: it says how fast others add and remove.
    """

    def least(name: str, count: Foreign) -> float:
        """What stays at least must be there: nothing less where the data stands still, half of it where it does not."""
        if not count.exact or name not in steady:
            return count.lasting / 2
        changed = abs(steady[name].lasting - count.lasting) / max(steady_s, 1.0)
        return max(count.lasting / 2, count.lasting - CHURN * changed * seconds)

    def unexpired(count: Foreign) -> int:
        """What ends by itself: nothing need be left once its average life is over, as all may end at once."""
        left = max(0.0, 1.0 - seconds / count.passing_s) if count.passing_s else 0.0
        return int(count.passing * left / UNEVEN)

    def is_less(name: str, count: Foreign, now: Foreign) -> bool:
        return now.lasting < least(name, count) or now.passing < unexpired(count)

    missing = [name for name, count in before.items() if name in after and is_less(name, count, after[name])]
    if not missing:
        return ""
    worst = max(missing, key=lambda name: before[name].total - after[name].total)
    then, now = before[worst], after[worst]
    told = f"{then.total:,} {then.what} before, {now.total:,} after"
    if now.total == 0 and len(missing) == len(before):
        return f"the data set is gone: {told}"
    return f"data that is not this drill's is missing on {', '.join(missing)}: {told}"
