"""Drills in a process of their own, and what they leave on hosts."""

import os
import re
import select
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hadrill.chaos import Round, Schedule
from hadrill.drill import Case, Experiment, Session
from hadrill.drill.scenarios import of_case
from hadrill.inventory import Host, Inventory
from hadrill.lab.lab import Lab
from hadrill.remote import Remote
from hadrill.safety.on_target import ROOT as ON_TARGET
from hadrill.services.cluster import Cluster
from tests.selftest.lab.suite import BIN, ROOT
from tests.selftest.unit.projects import WITHOUT_HYPOTHESIS

STEP_SECONDS = 90.0
LIVE = re.compile(rb"^(\S+) \S+ +(\d+) [a-z ]+ +[\d.]+ s", re.MULTILINE)
"""A line of the live display, where a step has begun: the service, and the step's number."""
TRACES = (
    f"ls -d {ON_TARGET}/*/heal {ON_TARGET}/leases/* 2>/dev/null;"
    " nft list tables 2>/dev/null | grep hadrill_; ls -d /run/systemd/system/*.d/*hadrill-*.conf 2>/dev/null;"
    " docker ps --format '{{.Names}} {{.Status}}' | grep -i paused;"
    " systemctl list-units --plain --no-legend --state=active 'hadrill-heal-*';"
    " for u in $(systemctl list-unit-files --no-legend 'hadrill-*.service' | cut -d' ' -f1);"
    " do systemctl is-active --quiet $u || echo $u is stopped; done; :"
)


def traces(inventory: Inventory, ssh: Remote, hosts: Sequence[Host] = ()) -> list[str]:
    """What drills left: journals, leases, rules, drop-ins, paused or stopped containers, timers, dead machines.

    Everywhere, where no hosts are named.
    """
    lab = Lab(inventory)
    # Machines outside the profile are off, and are to be.
    wanted = [f"{lab.name}-{host.name}" for host in hosts] or list(lab.specs())
    power = lab.power()
    off = [name for name in wanted if power.get(name) != "running"]
    return [*(f"{name} has no power" for name in off), *_printed(ssh, hosts or inventory.managed, TRACES)]


def leases_of(ssh: Remote, hosts: Iterable[Host], runner: int) -> list[str]:
    """Leases that a runner of this computer has on hosts."""
    return _printed(ssh, hosts, f"grep -ls ' process {runner}: ' {ON_TARGET}/leases/* || :")


def _printed(ssh: Remote, hosts: Iterable[Host], program: str) -> list[str]:
    """Each line that hosts print, or why one prints nothing."""
    answers = ssh.everywhere(hosts, lambda host: ssh.run(host, program).stdout.splitlines())
    return [
        f"{host}: {line}"
        for host, lines in answers.items()
        for line in (lines if isinstance(lines, list) else [str(lines)])
    ]


def written(folder: Path, *rounds: Round) -> Path:
    """A schedule of these rounds, as a file."""
    file = folder / "mine.json"
    file.write_text(Schedule(0, "lab", 120.0, rounds).as_json(), "utf-8")
    return file


def drill_of(session: Session, cluster: Cluster, case: Case) -> Experiment:
    """A case as the suite would run it."""
    return Experiment(session, of_case(cluster, case))


@contextmanager
def running(
    reports: Path, *options: str, environment: Mapping[str, str] = os.environ
) -> Iterator[subprocess.Popen[bytes]]:
    """A run of drills; ended at the latest with the block."""
    command = [str(BIN / "pytest"), *WITHOUT_HYPOTHESIS, "-m", "failover", f"--reports={reports}", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def until_step(process: subprocess.Popen[bytes], service: str, number: int) -> None:
    """Read what a run says until its drill of a service begins a step."""
    assert process.stdout is not None
    output, end = b"", time.monotonic() + STEP_SECONDS
    while number not in _steps(output, service):
        assert time.monotonic() < end, output.decode()
        if select.select([process.stdout], [], [], 0.05)[0]:
            chunk = os.read(process.stdout.fileno(), 4096)
            assert chunk, f"the run ended before step {number}:\n{output.decode()}"
            output += chunk


def _steps(output: bytes, service: str) -> set[int]:
    """The numbers of the steps that lines of the live display tell of."""
    return {int(number) for name, number in LIVE.findall(output) if name == service.encode()}
