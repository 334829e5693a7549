"""Drills in a process of their own, and what they leave on hosts."""

import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hadrill.chaos import Round, Schedule
from hadrill.drill import Case, Experiment, Session
from hadrill.drill.scenarios import of_case
from hadrill.inventory import Inventory
from hadrill.lab.lab import Lab
from hadrill.remote import Remote
from hadrill.safety.on_target import ROOT as ON_TARGET
from hadrill.services.cluster import Cluster
from tests.selftest.lab.suite import BIN, ROOT
from tests.selftest.unit.projects import WITHOUT_HYPOTHESIS

STEP_SECONDS = 60.0
TRACES = (
    f"ls -d {ON_TARGET}/*/heal {ON_TARGET}/leases/* 2>/dev/null;"
    " nft list tables 2>/dev/null | grep hadrill_; ls -d /run/systemd/system/*.d/*hadrill-*.conf 2>/dev/null;"
    " docker ps --format '{{.Names}} {{.Status}}' | grep -i paused;"
    " systemctl list-units --plain --no-legend --state=active 'hadrill-heal-*';"
    " for u in $(systemctl list-unit-files --no-legend 'hadrill-*.service' | cut -d' ' -f1);"
    " do systemctl is-active --quiet $u || echo $u is stopped; done; :"
)


def traces(inventory: Inventory, ssh: Remote) -> list[str]:
    """What drills left: journals, leases, rules, drop-ins, paused or stopped containers, timers, dead machines."""
    lab = Lab(inventory)
    specs, power = lab.specs(), lab.power()
    # Machines outside the profile are off, and are to be.
    off = [name for name in specs if power.get(name) != "running"]
    answers = ssh.everywhere(inventory.managed, lambda host: ssh.run(host, TRACES).stdout.splitlines())
    left = [
        f"{host}: {line}"
        for host, lines in answers.items()
        for line in (lines if isinstance(lines, list) else [str(lines)])
    ]
    return [*(f"{name} has no power" for name in off), *left]


def written(folder: Path, *rounds: Round) -> Path:
    """A schedule of these rounds, as a file."""
    file = folder / "mine.json"
    file.write_text(Schedule(0, "lab", 120.0, rounds).as_json(), "utf-8")
    return file


def drill_of(session: Session, cluster: Cluster, case: Case) -> Experiment:
    """A case as the suite would run it."""
    return Experiment(session, of_case(cluster, case))


@contextmanager
def running(reports: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A run of drills; ended at the latest with the block."""
    command = [str(BIN / "pytest"), *WITHOUT_HYPOTHESIS, "-m", "failover", f"--reports={reports}", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def until_step(process: subprocess.Popen[bytes], number: int) -> str:
    """Read what a run says until it begins a step; everything that it printed so far."""
    assert process.stdout is not None
    output, end = b"", time.monotonic() + STEP_SECONDS
    while f" {number} ".encode() not in _steps(output):
        assert time.monotonic() < end, output.decode()
        if select.select([process.stdout], [], [], 0.05)[0]:
            chunk = os.read(process.stdout.fileno(), 4096)
            assert chunk, f"the run ended before step {number}:\n{output.decode()}"
            output += chunk
    return output.decode()


def _steps(output: bytes) -> bytes:
    """Only the lines of the live display, where a number between blanks is a step."""
    return b"\n".join(line[40:46] for line in output.splitlines() if line.startswith(b"redis redis-0"))
