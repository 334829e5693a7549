"""One open SSH connection. The only module that knows Fabric and paramiko: loaded when the first host is asked."""

import select
import socket
from pathlib import Path

from fabric import Connection
from paramiko import Channel, MissingHostKeyPolicy
from paramiko.ssh_exception import AuthenticationException, BadHostKeyException, SSHException

from hadrill.inventory import Host
from hadrill.inventory.settings import Ssh
from hadrill.remote.errors import UnreachableError
from hadrill.timing import Deadline

CHUNK = 65536
IDLE_SECONDS = 2.0
"""The thread of an idle connection wakes up this often; it wakes at once for data. Paramiko's own value is 0.1 s."""


class UnknownHostKeyError(SSHException):
    """The known hosts file has no key of a host."""


class _KnownOnly(MissingHostKeyPolicy):
    """paramiko's own policy raises what only its words tell from other errors."""

    def missing_host_key(self, *asked: object) -> None:
        raise UnknownHostKeyError(*asked[1:2])


class SshConnection:
    """A connection, opened when the object is made. Raises UnreachableError."""

    def __init__(self, host: Host, settings: Ssh, key: Path, known_hosts: Path) -> None:
        self._host, self._settings, self._key, self._known_hosts = host, settings, key, known_hosts
        self._connection = self._connect()

    @property
    def is_connected(self) -> bool:
        """Whether it can carry a command, as far as this side knows."""
        return bool(self._connection.is_connected)

    def close(self) -> None:
        """Close the connection; commands that still run on it end."""
        self._connection.close()

    def run(self, command: str, stdin: str, deadline: Deadline) -> tuple[int | None, bytes, bytes]:
        """Status and both streams of a command; no status where it still runs when the time is over.

        Raises UnreachableError where the connection breaks meanwhile.
        """
        try:
            with self._connection.transport.open_session(timeout=self._settings.connect_seconds) as channel:
                channel.settimeout(deadline.seconds)
                channel.exec_command(command)
                _send(channel, stdin)
                return _collect(channel, deadline)
        except (SSHException, OSError, EOFError) as error:
            broken = f"the SSH connection broke: {error or type(error).__name__}"
            raise UnreachableError(self._host.name, broken) from error

    def _connect(self) -> Connection:
        host, seconds = self._host, self._settings.connect_seconds
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
        connection.client.set_missing_host_key_policy(_KnownOnly())
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
            raise UnreachableError(host.name, self._why(error)) from error
        connection.transport.sock.settimeout(IDLE_SECONDS)
        return connection

    def _why(self, error: Exception) -> str:
        place = f"{self._host.address}:{self._settings.port}"
        if isinstance(error, BadHostKeyException):
            return (
                f"the host key of {place} is not the one in {self._known_hosts}: if the machine was replaced, "
                "correct that file; if not, somebody else answers there"
            )
        if isinstance(error, AuthenticationException):
            return f"{place} refuses user {self._settings.user} with the key {self._key}: check ssh.user and ssh.key"
        if isinstance(error, UnknownHostKeyError):
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
