"""Commands on hosts, as root, one by one or everywhere at once."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from hadrill.inventory import Host, Inventory
from hadrill.inventory.login import Login
from hadrill.inventory.ssh_config import SshConfigError
from hadrill.remote import shell
from hadrill.remote.errors import (
    CommandFailedError,
    NoAccessError,
    NoisyShellError,
    NotRootError,
    RemoteError,
    UnreachableError,
)
from hadrill.remote.jumps import Jumps
from hadrill.remote.output import Output
from hadrill.timing import Deadline

if TYPE_CHECKING:
    from paramiko import Channel

    from hadrill.remote.connection import SshConnection

Result = TypeVar("Result")
COMMAND_SECONDS = 60.0
CONNECTION_LOST = -1
"""Paramiko's status of a command whose connection ended before it did."""
NOT_FOUND = 127
"""A shell's status for a program that is not there."""


class Remote:
    """Open connections to the hosts of an inventory. Use as a context manager, or close() it."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory, self._jumps = inventory, Jumps(inventory)
        self._logins: dict[Host, Login] = {}
        self._open: dict[str, SshConnection] = {}
        self._locks: dict[str, threading.Lock] = {host.name: threading.Lock() for host in inventory.hosts}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()
        self._jumps.close()

    def run(self, host: Host, command: str, *, stdin: str = "", seconds: float = COMMAND_SECONDS) -> Output:
        """Run a program for /bin/sh. Raises CommandFailedError for a status other than 0, and what attempt() does."""
        output = self.attempt(host, command, stdin=stdin, seconds=seconds)
        if output.status != 0:
            raise CommandFailedError(host.name, command, output)
        return output

    def attempt(self, host: Host, command: str, *, stdin: str = "", seconds: float = COMMAND_SECONDS) -> Output:
        """Run a program for /bin/sh as root and return its status and output, whatever the status.

        What the user's shell prints while it starts is left out. Raises UnreachableError (NotRootError where sudo
        refuses), NoisyShellError where that shell never ran the program, CommandFailedError where the program does not
        end in time.
        """
        deadline, mark = Deadline(seconds), shell.new_mark()
        connection, login = self._connection(host), self.login(host)
        marked = shell.marked if login.is_root else shell.marked_as_root
        try:
            status, out, err = connection.run(marked(command, mark), stdin, deadline)
        except UnreachableError:
            self._forget(host)
            raise
        noise, printed = shell.around(mark, out)
        if printed is None and status == CONNECTION_LOST:
            raise UnreachableError(host.name, "the SSH connection ended before the command began")
        _, refusal = shell.around(shell.before_sudo(mark), err)
        if printed is None and refusal is not None and status is not None:
            raise NotRootError(host.name, login.user, status == NOT_FOUND, _text(refusal))
        if printed is None and (noise.strip() or status is not None):
            raise NoisyShellError(host.name, login.user, _text(noise))
        _, complained = shell.around(mark, err)
        stdout, stderr = _text(out if printed is None else printed), _text(err if complained is None else complained)
        if status is None:
            given_up = Output(-1, stdout, f"still running after {deadline.seconds:g} s; given up\n{stderr}")
            raise CommandFailedError(host.name, command, given_up)
        return Output(status, stdout, stderr)

    def follow(self, host: Host, command: str, stdin: str, stop: threading.Event) -> Iterator[str]:
        """Lines that a program for /bin/sh prints as root, as they come, until it ends or `stop` is set.

        Its standard input stays open until then. Raises UnreachableError; CommandFailedError where it was never begun,
        or ends by itself with another status than 0.
        """
        mark, began = shell.new_mark(), False
        marked = shell.marked if self.login(host).is_root else shell.marked_as_root
        lines = self._connection(host).follow(marked(command, mark), stdin, stop)
        while True:
            try:
                line = next(lines)
            except StopIteration as end:
                ended: tuple[int, bytes] | None = end.value
                break
            # What the user's shell prints while it starts comes before the mark.
            if began:
                yield _text(line)
            began = began or line == mark.encode()
        if ended is not None and (ended[0] != 0 or not began):
            raise CommandFailedError(host.name, command, Output(ended[0], "", _text(ended[1])))

    def everywhere(self, hosts: Iterable[Host], work: Callable[[Host], Result]) -> dict[Host, Result | RemoteError]:
        """Do the work on all hosts at once. The result of a host that fails is its RemoteError; the others finish.

        The work must parse answers within reading(): any other exception that it raises counts as a bug, and is raised.
        """

        def attempt(host: Host) -> Result | RemoteError:
            try:
                return work(host)
            except RemoteError as error:
                return error

        chosen = list(hosts)
        with ThreadPoolExecutor(max_workers=max(1, len(chosen))) as pool:
            return dict(zip(chosen, pool.map(attempt, chosen), strict=True))

    def login(self, host: Host) -> Login:
        """How a host is logged in to. Raises NoAccessError where what is written about that leads nowhere."""
        if host not in self._logins:
            try:
                self._logins[host] = self._inventory.login(host)
            except SshConfigError as error:
                raise NoAccessError(host.name, str(error.problems[0])) from error
        return self._logins[host]

    def channel(self, host: Host, address: str, port: int, seconds: float) -> "Channel":
        """A connection to an address and port from the last jump host of a host.

        Raises UnreachableError where the jump host is not reached, OSError where it does not reach that port.
        """
        jump = self._jumps.last(host.name, self.login(host).jump)
        if jump is None:
            raise UnreachableError(host.name, "it has no jump host, so none leads to its ports")
        return jump.channel(address, port, seconds)

    def _connection(self, host: Host) -> "SshConnection":
        with self._locks[host.name]:
            connection = self._open.get(host.name)
            if connection is None or not connection.is_connected:
                connection = self._open[host.name] = self._jumps.connect(host.name, self.login(host))
        return connection

    def _forget(self, host: Host) -> None:
        with self._locks[host.name]:
            connection = self._open.pop(host.name, None)
        if connection is not None:
            connection.close()


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
