"""What got worse from one set of drills to another, by two tests that are stated beside each finding.

Outages: Mann and Whitney's U, one-sided, normal approximation with correction for ties and continuity.
Passing: Fisher's exact test, one-sided. Both at one in a hundred, so that a hundred drills give about one false alarm.
"""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hadrill.report.drills import Row, by_key

LEVEL = 0.01
FEWEST = 5
"""Fewer outages than that on a side show nothing about their distribution."""
NOTICEABLE_SECONDS = 0.5
"""A median that moved less is nothing to wake anybody for, however sure it is."""


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


def regressions(before: Iterable[Row], now: Iterable[Row]) -> list[Regression]:
    """Kinds of drills of `now` that are worse than `before`, the surest first."""
    old, found = by_key(before), []
    for key, rows in by_key(now).items():
        earlier = old.get(key, [])
        ours, theirs = _outages(rows), _outages(earlier)
        if min(len(ours), len(theirs)) >= FEWEST:
            medians = statistics.median(theirs), statistics.median(ours)
            chance = greater(ours, theirs)
            if chance < LEVEL and medians[1] - medians[0] >= NOTICEABLE_SECONDS:
                found.append(Regression(key, "median outage", f"{medians[0]:.2f} s", f"{medians[1]:.2f} s", chance))
        passed, failed = _verdicts(rows)
        passed_then, failed_then = _verdicts(earlier)
        chance = rarer(passed, failed, passed_then, failed_then)
        if chance < LEVEL:
            then = f"{passed_then}/{passed_then + failed_then}"
            found.append(Regression(key, "passed", then, f"{passed}/{passed + failed}", chance))
    return sorted(found, key=lambda each: each.chance)


def greater(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The probability that values like ours come from the same distribution as theirs, rather than a greater one."""
    m, n = len(ours), len(theirs)
    wins = sum((a > b) + (a == b) / 2 for a in ours for b in theirs)
    together = m + n
    ties = sum(count**3 - count for count in Counter([*ours, *theirs]).values())
    variance = m * n / 12 * (together + 1 - ties / (together * (together - 1)))
    if variance <= 0:
        return 1.0
    return 1 - statistics.NormalDist().cdf((wins - m * n / 2 - 0.5) / math.sqrt(variance))


def rarer(passed: int, failed: int, passed_then: int, failed_then: int) -> float:
    """The probability of so few passes, or fewer, if both sets pass equally often."""
    ours, passes = passed + failed, passed + passed_then
    everything = ours + passed_then + failed_then
    if not ours or ours == everything:
        return 1.0
    fewest = max(0, ours - (everything - passes))
    ways = sum(math.comb(passes, k) * math.comb(everything - passes, ours - k) for k in range(fewest, passed + 1))
    return ways / math.comb(everything, ours)


def _outages(rows: Iterable[Row]) -> list[float]:
    return [row["outage_s"] for row in rows if row["outage_s"] is not None]


def _verdicts(rows: Iterable[Row]) -> tuple[int, int]:
    verdicts = Counter(row["verdict"] for row in rows)
    return verdicts["passed"], verdicts["failed"]
