"""Processes that are signalled by their number: one that has ended meanwhile, as a child does, is no failure."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.placement import processes
from hadrill.placement.marks import Marks
from hadrill.timing import Deadline, eventually

GONE_SECONDS = 5.0


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


@pytest.fixture
def ended() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def shell(program: str, *pids: int) -> subprocess.CompletedProcess[str]:
    """A program that finds these processes."""
    listed = " ".join(map(str, pids))
    return subprocess.run(["sh", "-c", f"pids='{listed}'; {program}"], capture_output=True, text=True, check=False)


def test_those_that_are_there_get_the_signal(sleeper: subprocess.Popen[bytes], ended: int) -> None:
    told = shell(processes.signalled("KILL"), ended, sleeper.pid, ended)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert sleeper.wait(GONE_SECONDS) == -signal.SIGKILL


def test_where_all_have_ended_nothing_was_done(ended: int) -> None:
    told = shell(processes.signalled("KILL"), ended)
    assert told.returncode != 0
    assert told.stderr == f"no process took the signal: {ended}\n"


def test_those_that_are_there_must_stand_still(sleeper: subprocess.Popen[bytes], ended: int, tmp_path: Path) -> None:
    marks = Marks(str(tmp_path))
    frozen, marked = processes.all_stopped(marks, "pids"), processes.marked(marks, "pids")
    assert shell(marked, ended, sleeper.pid).returncode == 0
    assert shell(frozen).returncode != 0, "it runs"
    assert shell(processes.signalled("STOP"), ended, sleeper.pid).returncode == 0
    eventually("it to stand still", lambda: shell(frozen).stderr or _code(frozen), Deadline(GONE_SECONDS))
    assert shell(marked, ended).returncode == 0
    assert shell(frozen).returncode != 0, "nobody stands still"


def _code(program: str) -> str | None:
    return None if shell(program).returncode == 0 else "not yet"
