"""The time that something is allowed to take: a sum of named parts, each with where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass

MARGIN_SECONDS = 1.0
"""The one margin: scheduling, garbage collection and clocks, on both sides of the measurement."""


@dataclass(frozen=True)
class Part:
    """One step that takes time: seconds at most, and the source of that number."""

    name: str
    seconds: float
    source: str

    def __str__(self) -> str:
        return f"{self.name} {self.seconds:.1f} ({self.source})"


@dataclass(frozen=True)
class Budget:
    """Parts that follow one another. `multiplier` is the one factor for slow computers (settings.yaml)."""

    parts: tuple[Part, ...]
    multiplier: float = 1.0

    @property
    def seconds(self) -> float:
        """The sum of all parts and the margin, times the multiplier."""
        return (sum(part.seconds for part in self.parts) + MARGIN_SECONDS) * self.multiplier

    def __str__(self) -> str:
        """`down-after 5.0 (live, redis-02) + ... + margin 1.0 = 10.0 s`."""
        sum_of = " + ".join([*map(str, self.parts), f"margin {MARGIN_SECONDS:.1f}"])
        times = f" x {self.multiplier:g}" if self.multiplier != 1.0 else ""
        return f"{sum_of}{times} = {self.seconds:.1f} s"


def budget(parts: Sequence[Part], multiplier: float = 1.0) -> Budget:
    """The budget of these parts; those of no length are left out."""
    return Budget(tuple(part for part in parts if part.seconds > 0), multiplier)
