"""A run of drills that is killed, or asked to end, leaves nothing, whatever it was doing and whoever heals.

Services run beside each other, each in a queue of its own. Each run has a journal of its own, as if it were on a
computer of its own: nobody but its own watchdog, and the timer on its target, knows what it broke, and others must
leave alone what is its.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import cluster_of
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.drilling import leases_of, running, traces, until_step
from tests.selftest.lab.suite import BIN, ROOT, until_healthy
from tests.selftest.side_by_side import WorkQueues

WHOLE_SECONDS = 120.0
GONE_SECONDS = 15.0
"""Seconds on a computer with three runs at once; alone it is two to four."""
BOOT_SECONDS = 60.0
TIMER_SECONDS = 60.0
ROLES = {"mariadb": "node", "minio": "node", "postgresql": "replica", "rabbitmq": "follower", "redis": "replica"}
"""Services, and which of their members are broken."""
STEPS = dict(zip(range(1, 11), cycle(("redis", "mariadb", "minio")), strict=False))
"""Each step of an experiment, and the service whose experiment is killed there: those whose members start soonest."""


@dataclass(frozen=True)
class Bench:
    """One service, and one run of drills on it."""

    cluster: Cluster
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """With a journal of its own."""
        return {**os.environ, "XDG_STATE_HOME": str(self.folder / "state")}

    def run(self, fault: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """A run of one drill, on a member of a whole cluster."""
        service, role = self.cluster.service, ROLES[self.cluster.service]
        eventually(f"{service} to be whole", self.cluster.why_not_healthy, Deadline(WHOLE_SECONDS))
        host = self.cluster.target(role).name
        options = ("--service", service, "--role", role, "--fault", fault, "--node", host)
        return running(self.folder, *options, environment=self.environment)

    def until_step(self, run: subprocess.Popen[bytes], number: int) -> None:
        """Wait until the drill begins a step."""
        until_step(run, self.cluster.service, number)

    def broken(self) -> list[str]:
        """What is broken on the members' hosts."""
        left = traces(self.cluster.inventory, self.cluster.remote, self.cluster.members)
        return [trace for trace in left if "/leases/" not in trace]

    def nothing_left(self, run: subprocess.Popen[bytes], seconds: float) -> None:
        """Wait until nothing of the run is left: on members, on hosts that others share, in its journal.

        Raises OverdueError.
        """
        inventory, remote = self.cluster.inventory, self.cluster.remote

        def left() -> str | None:
            lines = traces(inventory, remote, self.cluster.members)
            lines += leases_of(remote, self.cluster.shared, run.pid)
            lines += [file.name for file in self.folder.glob("state/hadrill-journal/*.json")]
            return "; ".join(lines) or None

        eventually("every trace to be gone", left, Deadline(seconds))


def killed_at(step: int, bench: Bench) -> None:
    """The watchdog heals."""
    with bench.run("container-stop") as run:
        bench.until_step(run, step)
        run.send_signal(signal.SIGKILL)
        run.wait()
        bench.nothing_left(run, GONE_SECONDS)


def killed_without_power(bench: Bench) -> None:
    """The watchdog gives it back."""
    with bench.run("power-off") as run:
        bench.until_step(run, 6)
        run.send_signal(signal.SIGKILL)
        run.wait()
        bench.nothing_left(run, GONE_SECONDS + BOOT_SECONDS)


def killed_with_its_watchdog(bench: Bench) -> None:
    """The target's own timer heals."""
    with bench.run("container-stop") as run:
        bench.until_step(run, 6)
        for pid in [*_watchdogs_of(run.pid), run.pid]:
            os.kill(pid, signal.SIGKILL)
        run.wait()
    assert bench.broken(), "it was healed at once: the watchdog lived"
    eventually("the target's own timer to heal it", lambda: "; ".join(bench.broken()) or None, Deadline(TIMER_SECONDS))
    # The lease ends by itself later; `heal` gives it back now, and twice is the same as once.
    for expected in ("is undone", "nothing to heal"):
        healed = subprocess.run(
            [str(BIN / "hadrill"), "heal"],
            cwd=ROOT,
            env=bench.environment,
            text=True,
            stdout=subprocess.PIPE,
            check=True,
        )
        assert expected in healed.stdout
    bench.nothing_left(run, GONE_SECONDS)


def asked_to_end(signals: tuple[signal.Signals, ...], bench: Bench) -> None:
    """The runner heals first."""
    with bench.run("container-stop") as run:
        bench.until_step(run, 6)
        for number in signals:
            run.send_signal(number)
        run.communicate()
        assert run.returncode not in (0, None)
    bench.nothing_left(run, GONE_SECONDS)


ENDS: dict[str, tuple[str, Callable[[Bench], None]]] = {
    "SIGKILL, also of its watchdog": ("postgresql", killed_with_its_watchdog),
    "SIGKILL, with a machine without power": ("minio", killed_without_power),
    "SIGTERM": ("redis", partial(asked_to_end, (signal.SIGTERM,))),
    "SIGHUP": ("rabbitmq", partial(asked_to_end, (signal.SIGHUP,))),
    "SIGINT twice": ("mariadb", partial(asked_to_end, (signal.SIGINT, signal.SIGINT))),
}
"""Ways to end, each on one service."""


@pytest.fixture(scope="module")
def ended(
    request: pytest.FixtureRequest, lab_inventory: Inventory, ssh: Remote, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkQueues[None]]:
    """The runs that this session asks for, begun: in each queue those with a way to end of their own first."""
    queues = WorkQueues[None]()
    calls = [getattr(item, "callspec", None) for item in request.session.items if item.path == request.path]
    asked = {value for call in calls if call is not None for value in call.params.values()}

    def begin(service: str, name: str | int, work: Callable[[Bench], None]) -> None:
        if name in asked:
            folder = tmp_path_factory.mktemp(service)
            queues.begin(service, str(name), lambda: work(Bench(cluster_of(lab_inventory, ssh, service), folder)))

    until_healthy(lab_inventory)
    for way, (service, work) in ENDS.items():
        begin(service, way, work)
    for step, service in STEPS.items():
        begin(service, step, partial(killed_at, step))
    try:
        yield queues
    finally:
        queues.close()
        until_healthy(lab_inventory)


@pytest.mark.parametrize("way", ENDS)
def test_a_run_that_ends_in_any_way_leaves_nothing(way: str, ended: WorkQueues[None]) -> None:
    ended.result(way)


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_killed_at_any_step_leaves_nothing(step: int, ended: WorkQueues[None]) -> None:
    ended.result(str(step))


def test_nothing_of_any_of_them_is_left_anywhere(
    ended: WorkQueues[None], lab_inventory: Inventory, ssh: Remote
) -> None:
    ended.close()
    assert traces(lab_inventory, ssh) == []


def _watchdogs_of(runner: int) -> list[int]:
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"hadrill.safety.watchdog" in words and str(runner).encode() in words:
            pids.append(int(process.name))
    return pids
