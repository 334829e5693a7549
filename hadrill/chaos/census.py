"""What must not grow from round to round, and what no experiment may leave: counted on hosts after each round."""

import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from hadrill.inventory import Host
from hadrill.on_host import program
from hadrill.placement import engine, folders
from hadrill.remote import Remote, RemoteError, reading, run_program
from hadrill.safety.on_target import ROOT
from hadrill.stats import LEVEL, greater

COUNT_SECONDS = 10.0
MIB = 1 << 20
ALLOWED = {"file descriptors": 50.0, "memory bytes": 64.0 * MIB, "disk bytes": 1024.0 * MIB}
"""By so much a median may grow without being a leak: connections come and go, logs are written, caches are filled."""
GROWTH = 1.2
"""Nor is growth by less than this factor a leak: large members vary that much."""
FEWEST = 18
"""With fewer counts nothing can be said: the test needs six in each third."""

Series = dict[tuple[str, str], list[float]]


@dataclass(frozen=True)
class Count:
    """What was counted on one host, by name, and the experiments of which something lies there."""

    numbers: Mapping[str, float]
    left: frozenset[str]

    @classmethod
    def of(cls, answer: Any) -> Self:
        """From the answer of on_host/census.py."""
        held = {
            f"{what} of {member}": float(number)
            for member, counts in answer["held"].items()
            for what, number in counts.items()
        }
        return cls({"disk bytes": float(answer["disk bytes"])} | held, frozenset(answer["left"]))


class Census:
    """Counts of the members of one cluster, over the rounds of a run."""

    def __init__(self, remote: Remote, hosts: Mapping[Host, Sequence[str]]) -> None:
        """`hosts`: each with the units of its components that are no containers."""
        self._remote, self._hosts = remote, hosts
        self.series: Series = {}

    def count(self, experiments: Collection[str]) -> tuple[str, str]:
        """Count once more. Returns what these experiments left, and what could not be counted; each may be empty."""

        def ask(host: Host) -> Count:
            order = {"root": ROOT, "data": folders.DATA, "units": self._hosts[host]}
            order |= {"containers": engine.IDS, "main pids": engine.MAIN_PIDS}
            answer = run_program(self._remote, host, program("census"), order, COUNT_SECONDS)
            with reading(host):
                return Count.of(answer)

        answers = self._remote.everywhere(self._hosts, ask)
        left, silent = [], []
        for host, count in answers.items():
            if isinstance(count, RemoteError):
                silent.append(f"{host} was not counted: {count}")
                continue
            left += [f"{host}: drill {name}" for name in sorted(count.left & set(experiments))]
            for what, number in count.numbers.items():
                self._add(host, what, number)
        return f"left behind on {', '.join(left)}" if left else "", "; ".join(silent)

    def leaks(self) -> list[str]:
        """A line for everything that kept growing."""
        grown = (leak(f"{host}: {what}", what.partition(" of ")[0], held) for (host, what), held in self._sorted())
        return [line for line in grown if line]

    def _sorted(self) -> Iterable[tuple[tuple[str, str], list[float]]]:
        return sorted(self.series.items())

    def _add(self, host: Host, what: str, number: float) -> None:
        self.series.setdefault((host.name, what), []).append(number)


def leak(name: str, kind: str, counts: Sequence[float]) -> str:
    """A sentence where the last third of the counts is greater than the second; empty where it is not.

    The first third is left out, as caches fill in the beginning. Greater is: by Mann and Whitney's U at p < 0.01, and
    by more than ALLOWED and GROWTH.
    """
    third = len(counts) // 3
    if len(counts) < FEWEST:
        return ""
    then, now = counts[third : 2 * third], counts[-third:]
    before, after = statistics.median(then), statistics.median(now)
    if after - before <= ALLOWED[kind] or after <= GROWTH * before or greater(now, then) >= LEVEL:
        return ""
    unit, size = ("MiB", MIB) if kind.endswith("bytes") else ("", 1)
    name = name.replace(" bytes", "")
    return f"{name} grew from {before / size:.0f} to {after / size:.0f} {unit}".rstrip()
