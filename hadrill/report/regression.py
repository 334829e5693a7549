"""What got worse from one set of drills to another, each with the probability that it is chance (hadrill/stats.py)."""

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hadrill.report.drills import by_key
from hadrill.report.rows import DrillRow
from hadrill.report.verdict import Verdict
from hadrill.stats import LEVEL, greater, rarer

FEWEST = 5
"""With fewer outages on a side nothing can be said about their distribution."""
NOTICEABLE_SECONDS = 0.5
"""A median that moved by less is not reported, however sure the difference is."""


@dataclass(frozen=True)
class Regression:
    """A kind of drill that got worse: what, from and to, and the probability that it is chance."""

    drill: str
    what: str
    before: str
    now: str
    chance: float

    def __str__(self) -> str:
        return f"{self.drill}: {self.what} {self.before} -> {self.now} (p = {self.chance:.4f})"


def regressions(before: Iterable[DrillRow], now: Iterable[DrillRow]) -> list[Regression]:
    """Kinds of drills of `now` that are worse than `before`, the surest first."""
    old, regressed = by_key(before), []
    for key, rows in by_key(now).items():
        earlier = old.get(key, [])
        ours, theirs = _outages(rows), _outages(earlier)
        if min(len(ours), len(theirs)) >= FEWEST:
            medians = statistics.median(theirs), statistics.median(ours)
            chance = greater(ours, theirs)
            if chance < LEVEL and medians[1] - medians[0] >= NOTICEABLE_SECONDS:
                regressed.append(Regression(key, "median outage", f"{medians[0]:.2f} s", f"{medians[1]:.2f} s", chance))
        passed, failed = _verdicts(rows)
        passed_then, failed_then = _verdicts(earlier)
        chance = rarer(passed, failed, passed_then, failed_then)
        if chance < LEVEL:
            then = f"{passed_then}/{passed_then + failed_then}"
            regressed.append(Regression(key, "passed", then, f"{passed}/{passed + failed}", chance))
    return sorted(regressed, key=lambda regression: regression.chance)


def _outages(rows: Iterable[DrillRow]) -> list[float]:
    return [row["outage_s"] for row in rows if row["outage_s"] is not None]


def _verdicts(rows: Iterable[DrillRow]) -> tuple[int, int]:
    verdicts = Counter(row["verdict"] for row in rows)
    return verdicts[Verdict.PASSED], verdicts[Verdict.FAILED]
