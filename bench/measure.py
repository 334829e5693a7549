"""Wall-clock time of whole commands, as a user waits for them, and the processor time that they took."""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"


@dataclass(frozen=True)
class Command:
    """What is measured: a program of the project, from its root."""

    name: str
    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> tuple[float, float]:
        """Seconds by the clock, and of processors. A run that fails ends the bench: its time would mean nothing."""
        # As users have it: modules are compiled once, and not in every run.
        mine = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        start, before = time.monotonic(), _processors()
        done = subprocess.run(
            self.words, cwd=ROOT, env={**mine, **self.environment}, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - start
        if done.returncode != 0:
            output = (done.stdout + done.stderr)[-2000:]
            sys.exit(f"{self.name}: {' '.join(self.words)} ended with {done.returncode}\n{output}")
        return seconds, _processors() - before


@dataclass(frozen=True)
class Timing:
    """Seconds of each run of one thing."""

    name: str
    runs: tuple[float, ...]
    processors: float

    @property
    def median(self) -> float:
        """The middle run."""
        return statistics.median(self.runs)

    def row(self, base: "Timing | None" = None) -> str:
        """One line of the table; with a base, how many times as long as that it takes."""
        ratio = f"{self.median / base.median:6.1f} x" if base else ""
        spread = f"{min(self.runs):.2f} .. {max(self.runs):.2f}" if len(self.runs) > 1 else ""
        row = f"{self.name:<52}{self.median:8.2f} s  {spread:<16}processors {self.processors:.2f} s  {ratio}"
        return row.rstrip()


def measure(name: str, *words: str, times: int = 1, environment: Mapping[str, str] | None = None) -> Timing:
    """Run a command of the project so many times."""
    return side_by_side([Command(name, words, environment or {})], times)[0]


def side_by_side(commands: Sequence[Command], times: int) -> list[Timing]:
    """Run each in its turn, so many times: what the computer does besides is then the same for all."""
    rounds = [[command.run() for command in commands] for _ in range(times)]
    return [
        Timing(command.name, tuple(wall for wall, _ in runs), statistics.median(spent for _, spent in runs))
        for command, runs in zip(commands, zip(*rounds, strict=True), strict=True)
    ]


def _processors() -> float:
    """Processor time of all children that have ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
