"""Two tests that say whether one set of measurements is worse than another by more than chance.

Values: Mann and Whitney's U, one-sided, normal approximation with correction for ties and continuity.
Counts: Fisher's exact test, one-sided. The unit tests hold both against scipy, which is too large to depend on.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence

LEVEL = 0.01
"""One in a hundred: a hundred comparisons give about one false alarm."""


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
    samples = sum(math.comb(passes, k) * math.comb(everything - passes, ours - k) for k in range(fewest, passed + 1))
    return samples / math.comb(everything, ours)
