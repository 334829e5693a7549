"""Wall-clock time of whole commands, as a user waits for them."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"


@dataclass(frozen=True)
class Timing:
    """Seconds of each run of one thing."""

    name: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle run."""
        return statistics.median(self.runs)

    def row(self, base: "Timing | None" = None) -> str:
        """One line of the table; with a base, how many times as long as that it takes."""
        ratio = f"{self.median / base.median:6.1f} x" if base else ""
        spread = f"{min(self.runs):.1f} .. {max(self.runs):.1f}" if len(self.runs) > 1 else ""
        return f"{self.name:<52}{self.median:8.1f} s  {spread:<14}{ratio}".rstrip()


def measure(name: str, *command: str, times: int = 1, environment: Mapping[str, str] | None = None) -> Timing:
    """Run a command of the project so many times. A run that fails ends the bench: its time would mean nothing."""
    runs = []
    for _ in range(times):
        start = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
        )
        runs.append(time.monotonic() - start)
        if done.returncode != 0:
            sys.exit(f"{name}: {' '.join(command)} ended with {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
    return Timing(name, tuple(runs))
