"""Stand-ins as processes on loopback addresses of their own, one for each proxy of an inventory."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hadrill.inventory import Host, Inventory
from hadrill.timing import Deadline, eventually

ROOT = Path(__file__).parents[3]
START_SECONDS = 20.0
_PROCESS = os.getpid()


def address(number: int) -> str:
    """A loopback address that no other run of the tests has: everybody wants the same ports."""
    return f"127.{_PROCESS // 250 % 200 + 20}.{_PROCESS % 250 + 1}.{number}"


def on_loopback(inventory: Inventory) -> Inventory:
    """The same inventory, with Galera's nodes and their proxies at loopback addresses."""
    hosts = [
        replace(host, address=address(number)) if host.role in ("mariadb", "proxysql") else host
        for number, host in enumerate(inventory.hosts, start=1)
    ]
    return replace(inventory, hosts=tuple(hosts))


class Starter:
    """The process that starts all of them; it has imported what they need."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def start(self, arguments: list[str]) -> int:
        """One more. Returns its pid."""
        if self._process is None:
            command = [sys.executable, "-m", "tests.selftest.proxysql.server", "--starter"]
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            atexit.register(self._process.terminate)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


STARTER = Starter()


def alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass
class StandIn:
    """One of them. `data` outlives a restart, and with it proxysql.db."""

    host: Host
    data: Path
    configuration: Path
    options: tuple[str, ...] = ()
    pid: int = 0

    @property
    def local(self) -> str:
        """Where those on the host itself find it."""
        return address(200 + int(self.host.address.rpartition(".")[2]))

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = ["-f", "--no-version-check", "-c", str(self.configuration), "-D", str(self.data), *self.options]
        self.pid = STARTER.start([*command, "--bind", self.host.address, "--local", self.local])

        def closed() -> str | None:
            assert alive(self.pid), "it ended, and said why above"
            try:
                socket.create_connection((self.host.address, 3306), timeout=1).close()
            except OSError as error:
                return str(error)
            return None

        eventually("the stand-in to listen", closed, Deadline(START_SECONDS))

    def stop(self) -> None:
        """End it, if it runs."""
        if self.pid and alive(self.pid):
            os.kill(self.pid, signal.SIGTERM)
            pid = self.pid
            eventually("the stand-in to end", lambda: "it runs" if alive(pid) else None, Deadline(START_SECONDS))
        self.pid = 0

    def restart(self) -> None:
        """Once more, with what is on its disk."""
        self.stop()
        self.start()


@contextmanager
def stand_ins(hosts: tuple[Host, ...], folder: Path, configuration: str, *options: str) -> Iterator[list[StandIn]]:
    """One for each host, while the block lasts."""
    with ExitStack() as stack:
        made = []
        for host in hosts:
            data = folder / host.name
            data.mkdir(parents=True)
            (data / "proxysql.cnf").write_text(configuration, "utf-8")
            one = StandIn(host, data, data / "proxysql.cnf", options)
            stack.callback(one.stop)
            made.append(one)
        for one in made:
            one.start()
        yield made
