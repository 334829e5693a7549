"""Services that may hold data of others: would a fault destroy it, and is it all there afterwards?

An optional ability: a cluster that has these two methods is guarded and counted, whichever service it is of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hadrill.inventory import Host

PATIENCE = 10.0
"""What passes by itself is missed only where it had this many times longer to live than the experiment took."""


@dataclass(frozen=True)
class Foreign:
    """What one member holds that no drill wrote.

    `lasting` stays until somebody removes it; `passing` ends by itself, on average after `passing_s` seconds.
    """

    what: str
    lasting: int
    passing: int = 0
    passing_s: float = 0.0

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


def why_less(before: Counts, steady: Counts, after: Counts, seconds: float) -> str:
    """What of others' data is missing after an experiment of so many seconds; empty where nothing is.

    `steady` is a second look before it, which says whether the data stands still: then nothing may be missing. Where
    others add and remove all the time, that less than half is left is no work of theirs.
    """
    still = all(steady[name].lasting == count.lasting for name, count in before.items() if name in steady)
    lives_s = max((count.passing_s for count in before.values()), default=0.0)

    def is_less(count: Foreign, now: Foreign) -> bool:
        lasting = now.lasting < count.lasting if still else 2 * now.lasting < count.lasting
        return lasting or (lives_s > PATIENCE * seconds and 2 * now.passing < count.passing)

    missing = [name for name, count in before.items() if name in after and is_less(count, after[name])]
    if not missing:
        return ""
    worst = max(missing, key=lambda name: before[name].total - after[name].total)
    then, now = before[worst], after[worst]
    told = f"{then.total:,} {then.what} before, {now.total:,} after"
    if now.total == 0 and len(missing) == len(before):
        return f"the data set is gone: {told}"
    return f"data that is not this drill's is missing on {', '.join(missing)}: {told}"
