"""The plan of a chaos run: rounds on one cluster each, and in each round steps that wait for one another."""

import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from hadrill.inventory.cluster import label
from hadrill.timing import duration

VERSION = 1
SAME = "same"
"""A step's target: the host of the round's first step."""
MOMENTS = ("begin", "inject", "detect", "elect", "promote", "heal", "whole")
"""What a step waits for: the steady state, an event of the step before it, or a whole cluster after that step."""


class ScheduleError(Exception):
    """A schedule cannot be read or made; the text says why."""


@dataclass(frozen=True)
class Step:
    """One fault. `target` is a role, a host, or SAME; it is made `delay_s` seconds after the moment `after`.

    It lasts `hold_s` seconds; that of a round's first step also until clients are served again.
    """

    fault: str
    target: str
    after: str
    delay_s: float
    hold_s: float

    def __str__(self) -> str:
        when = "" if self.after == "begin" else f" {self.delay_s:g} s after {self.after}"
        return f"{self.fault} on {self.target}{when}"


@dataclass(frozen=True)
class Round:
    """Steps on one cluster, which is whole before and after. Without steps it is only watched, for `calm_s` seconds."""

    number: int
    service: str
    steps: tuple[Step, ...]
    calm_s: float = 0.0
    cluster: str = ""
    """The name of the service's cluster, where the inventory has several."""

    @property
    def label(self) -> str:
        """The cluster, as reports call it."""
        return label(self.service, self.cluster)

    def __str__(self) -> str:
        return "; ".join(map(str, self.steps)) or f"nothing, for {self.calm_s:g} s: others must not be felt"


@dataclass(frozen=True)
class Schedule:
    """All rounds, in the order of their numbers. Those of different clusters run side by side."""

    seed: int
    inventory: str
    duration_s: float
    rounds: tuple[Round, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The clusters that it is about."""
        return tuple(dict.fromkeys(drawn.label for drawn in self.rounds))

    def of(self, label: str) -> list[Round]:
        """The rounds of one cluster."""
        return [drawn for drawn in self.rounds if drawn.label == label]

    def only(self, numbers: Collection[int]) -> Self:
        """The rounds of those numbers. Raises ScheduleError where one is not there."""
        known = {drawn.number for drawn in self.rounds}
        if strange := sorted(set(numbers) - known):
            raise ScheduleError(f"no round {', '.join(map(str, strange))}: there are 1 to {max(known, default=0)}")
        rounds = tuple(drawn for drawn in self.rounds if drawn.number in numbers)
        return type(self)(self.seed, self.inventory, self.duration_s, rounds)

    def as_json(self) -> str:
        """The text of schedule.json; the same schedule always gives the same text."""
        return json.dumps({"version": VERSION, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def read(cls, file: Path, inventory: str = "") -> Self:
        """Read a file that as_json() made, for this inventory where one is named. Raises ScheduleError."""
        try:
            return cls._parsed(json.loads(file.read_text("utf-8")), inventory)
        except OSError as error:
            raise ScheduleError(f"{file}: {error.strerror}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise ScheduleError(f"{file} is no schedule: {type(error).__name__}: {error}") from error

    @classmethod
    def _parsed(cls, content: dict[str, Any], inventory: str) -> Self:
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']}, this hadrill knows {VERSION}")
        if inventory and content["inventory"] != inventory:
            raise ValueError(f"it is about the inventory {content['inventory']!r}, not {inventory!r}")
        rounds = []
        for drawn in content["rounds"]:
            steps = tuple(Step(**step) for step in drawn["steps"])
            if strange := [step.after for step in steps if step.after not in MOMENTS]:
                raise ValueError(f"round {drawn['number']}: after {strange[0]!r}: there are {', '.join(MOMENTS)}")
            rounds.append(Round(drawn["number"], drawn["service"], steps, drawn["calm_s"], drawn.get("cluster", "")))
        return cls(content["seed"], content["inventory"], content["duration_s"], tuple(rounds))

    def table(self) -> list[str]:
        """One line for each round."""
        return [f"{drawn.number:4} {drawn.label:<11} {drawn}" for drawn in self.rounds]


def numbers_of(text: str) -> set[int]:
    """`3-5,9` as {3, 4, 5, 9}. Raises ScheduleError."""
    numbers: set[int] = set()
    for part in text.split(","):
        known = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        if known is None:
            raise ScheduleError(f"{text!r} names no rounds: write 3 or 3-5 or 3-5,9")
        first, last = int(known[1]), int(known[2] or known[1])
        numbers |= set(range(first, last + 1))
    return numbers


def seconds_of(text: str) -> float:
    """A duration in seconds. Raises ScheduleError."""
    try:
        return duration(text)
    except ValueError as error:
        raise ScheduleError(str(error)) from error
