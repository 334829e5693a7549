"""Commands on hosts, one by one or everywhere at once."""

import select
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from fabric import Connection
from paramiko import Channel, RejectPolicy
from paramiko.ssh_exception import AuthenticationException, BadHostKeyException, SSHException

from hadrill.inventory import Host, Inventory
from hadrill.remote import shell
from hadrill.remote.errors import (
    BadAnswerError,
    CommandFailedError,
    NoisyShellError,
    RemoteError,
    UnreachableError,
)
from hadrill.remote.output import Output
from hadrill.timing import Deadline

Answer = TypeVar("Answer")
COMMAND_SECONDS = 60.0
CHUNK = 65536
CONNECTION_LOST = -1
"""Paramiko's status of a command whose connection ended before it did."""
IDLE_SECONDS = 2.0
"""Between two wakings of an idle connection's thread; it wakes at once for data. Paramiko's own is 0.1 s."""


class Remote:
    """Open connections to the hosts of an inventory. Use as a context manager, or close() it."""

    def __init__(self, inventory: Inventory) -> None:
        self._settings = inventory.settings.ssh
        self._key = inventory.path(self._settings.key)
        self._known_hosts = inventory.path(self._settings.known_hosts)
        self._open: dict[str, Connection] = {}
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

    def run(self, host: Host, command: str, *, stdin: str = "", seconds: float = COMMAND_SECONDS) -> Output:
        """Run a program for /bin/sh. Raises CommandFailedError for a status other than 0, and what attempt() does."""
        output = self.attempt(host, command, stdin=stdin, seconds=seconds)
        if output.status != 0:
            raise CommandFailedError(host.name, command, output)
        return output

    def attempt(self, host: Host, command: str, *, stdin: str = "", seconds: float = COMMAND_SECONDS) -> Output:
        """Run a program for /bin/sh and return what it left, whatever its status.

        Its output is its own: what the user's shell prints while it starts is left out. Raises UnreachableError,
        NoisyShellError where that shell never came to the program, CommandFailedError for one that does not end.
        """
        deadline, mark = Deadline(seconds), shell.new_mark()
        try:
            with self._channel(host) as channel:
                channel.settimeout(seconds)
                channel.exec_command(shell.marked(command, mark))
                _send(channel, stdin)
                status, out, err = _collect(channel, deadline)
        except (SSHException, OSError, EOFError) as error:
            self._forget(host)
            raise UnreachableError(host.name, f"the SSH connection broke: {error or type(error).__name__}") from error
        noise, printed = shell.after(mark, out)
        if printed is None and status == CONNECTION_LOST:
            raise UnreachableError(host.name, "the SSH connection ended before the command began")
        if printed is None and (noise.strip() or status is not None):
            raise NoisyShellError(host.name, self._settings.user, _text(noise))
        _, complained = shell.after(mark, err)
        stdout, stderr = _text(out if printed is None else printed), _text(err if complained is None else complained)
        if status is None:
            given_up = Output(-1, stdout, f"still running after {deadline.seconds:g} s; given up\n{stderr}")
            raise CommandFailedError(host.name, command, given_up)
        return Output(status, stdout, stderr)

    def everywhere(self, hosts: Iterable[Host], work: Callable[[Host], Answer]) -> dict[Host, Answer | RemoteError]:
        """Do the work on all hosts at once. A host that fails has its error as the answer; the others finish.

        One whose answer cannot be read (no number, no JSON, a name that is missing) has that as its error.
        """

        def attempt(host: Host) -> Answer | RemoteError:
            try:
                return work(host)
            except RemoteError as error:
                return error
            except (ValueError, LookupError, TypeError) as error:
                unread = BadAnswerError(host.name, f"its answer cannot be read: {type(error).__name__}: {error}")
                unread.__cause__ = error
                return unread

        chosen = list(hosts)
        with ThreadPoolExecutor(max_workers=max(1, len(chosen))) as pool:
            return dict(zip(chosen, pool.map(attempt, chosen), strict=True))

    def _channel(self, host: Host) -> Channel:
        with self._locks[host.name]:
            connection = self._open.get(host.name)
            if connection is None or not connection.is_connected:
                connection = self._connect(host)
                self._open[host.name] = connection
        channel: Channel = connection.transport.open_session(timeout=self._settings.connect_seconds)
        return channel

    def _forget(self, host: Host) -> None:
        with self._locks[host.name]:
            connection = self._open.pop(host.name, None)
        if connection is not None:
            connection.close()

    def _connect(self, host: Host) -> Connection:
        seconds = self._settings.connect_seconds
        connection = Connection(
            host.address,
            user=self._settings.user,
            port=self._settings.port,
            connect_timeout=seconds,
            connect_kwargs={
                "key_filename": str(self._key),
                "allow_agent": False,
                "look_for_keys": False,
                "banner_timeout": seconds,
                "auth_timeout": seconds,
            },
        )
        # Fabric would accept any host key.
        connection.client.set_missing_host_key_policy(RejectPolicy())
        try:
            connection.client.load_host_keys(str(self._known_hosts))
        except OSError as error:
            message = (
                f"the known hosts file {self._known_hosts} cannot be read ({error.strerror}): check ssh.known_hosts"
            )
            raise UnreachableError(host.name, message) from error
        try:
            connection.open()
        except (SSHException, OSError, EOFError, ValueError) as error:
            raise UnreachableError(host.name, self._why(host, error)) from error
        connection.transport.sock.settimeout(IDLE_SECONDS)
        return connection

    def _why(self, host: Host, error: Exception) -> str:
        place = f"{host.address}:{self._settings.port}"
        if isinstance(error, BadHostKeyException):
            return (
                f"the host key of {place} is not the one in {self._known_hosts}: if the machine was replaced, "
                "correct that file; if not, somebody else answers there"
            )
        if isinstance(error, AuthenticationException):
            return f"{place} refuses user {self._settings.user} with the key {self._key}: check ssh.user and ssh.key"
        if "not found in known_hosts" in str(error):
            return f"the host key of {place} is unknown: add it to {self._known_hosts}"
        if isinstance(error, FileNotFoundError):
            return f"there is no SSH key {self._key}: check ssh.key"
        if isinstance(error, TimeoutError | socket.timeout):
            return f"no answer from {place} within {self._settings.connect_seconds:g} s: powered off, or a firewall"
        return f"no SSH at {place}: {error}"


def _send(channel: Channel, stdin: str) -> None:
    try:
        if stdin:
            channel.sendall(stdin.encode())
        channel.shutdown_write()
    except OSError:
        # A program that ended unread: its status and its words say more than this.
        if not channel.closed:
            raise


def _collect(channel: Channel, deadline: Deadline) -> tuple[int | None, bytes, bytes]:
    """Status and both streams; no status where the program still runs when the time is over."""
    out, err = bytearray(), bytearray()
    while True:
        while channel.recv_ready():
            out += channel.recv(CHUNK)
        while channel.recv_stderr_ready():
            err += channel.recv_stderr(CHUNK)
        ended = channel.exit_status_ready() and (channel.closed or channel.eof_received)
        if ended and not channel.recv_ready() and not channel.recv_stderr_ready():
            return channel.recv_exit_status(), bytes(out), bytes(err)
        if deadline.passed:
            return None, bytes(out), bytes(err)
        # The channel's pipe wakes on data and on its end; the status may follow a moment later.
        select.select([channel], [], [], min(deadline.left, 0.05))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
