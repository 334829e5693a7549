"""One open SSH connection. It and keys.py alone know Fabric and paramiko: loaded when the first host is asked."""

import base64
import hashlib
import select
import socket
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

from fabric import Config, Connection
from paramiko import Channel, MissingHostKeyPolicy, PKey
from paramiko.auth_strategy import AuthFailure
from paramiko.ssh_exception import BadHostKeyException, ChannelException, SSHException

from hadrill.inventory.login import PORT, Login
from hadrill.inventory.settings import Ssh
from hadrill.remote.errors import ForwardingForbiddenError, NoAccessError, UnreachableError
from hadrill.remote.keys import Keys
from hadrill.remote.known_hosts import changed_key, unknown_key
from hadrill.timing import POLL, Deadline

CHUNK = 65536
PROHIBITED = 1
"""SSH's own number for a channel that a server does not allow (RFC 4254, 5.1)."""
IDLE_SECONDS = 2.0
"""The thread of an idle connection wakes up this often; it wakes at once for data. Paramiko's own value is 0.1 s."""


class UnknownHostKeyError(SSHException):
    """A host that known_hosts does not name."""

    def __init__(self, key: PKey) -> None:
        self.key = key
        super().__init__("its host key is unknown")


class _Refuse(MissingHostKeyPolicy):
    def missing_host_key(self, _client: object, _hostname: str, key: PKey) -> None:
        raise UnknownHostKeyError(key)


class SshConnection:
    """A connection, opened when the object is made, from here or through another.

    Raises UnreachableError for the inventory's host of that name, also where a jump host is the reason.
    """

    def __init__(
        self, host: str, login: Login, settings: Ssh, known_hosts: Path, through: "SshConnection | None" = None
    ) -> None:
        self._host, self._login, self._settings, self._known_hosts = host, login, settings, known_hosts
        self._through, self._keys = through, Keys(login)
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
            raise UnreachableError(self._host, broken) from error

    def follow(
        self, command: str, stdin: str, stop: threading.Event
    ) -> Generator[bytes, None, tuple[int, bytes] | None]:
        """Lines of a command as they come, until it ends or `stop` is set; then its input ends, and so should it.

        Returns its status and its words on the error stream where it ended by itself. Raises UnreachableError where the
        connection breaks meanwhile.
        """
        try:
            with self._connection.transport.open_session(timeout=self._settings.connect_seconds) as channel:
                channel.exec_command(command)
                channel.sendall(stdin.encode())
                rest = b""
                while not stop.is_set():
                    select.select([channel], [], [], POLL)
                    while channel.recv_ready():
                        *lines, rest = (rest + channel.recv(CHUNK)).split(b"\n")
                        yield from lines
                    if channel.exit_status_ready() and not channel.recv_ready():
                        return channel.recv_exit_status(), channel.recv_stderr(CHUNK)
                return None
        except (SSHException, OSError, EOFError) as error:
            broken = f"the SSH connection broke: {error or type(error).__name__}"
            raise UnreachableError(self._host, broken) from error

    def channel(self, address: str, port: int, seconds: float) -> Channel:
        """A connection from there to an address and port. Raises OSError: refused, or nobody in time."""
        # Not empty: OpenSSH wants an address of whom it is for.
        origin = ("127.0.0.1", 0)
        try:
            channel: Channel = self._connection.transport.open_channel(
                "direct-tcpip", (address, port), origin, timeout=seconds
            )
        except ChannelException as error:
            if error.code == PROHIBITED:
                raise ForwardingForbiddenError(
                    f"{self._login} forwards no connections to {address}:{port}: let its sshd do it "
                    "(AllowTcpForwarding yes, and PermitOpen)"
                ) from error
            raise ConnectionRefusedError(f"{self._login} cannot reach {address}:{port}: {error.text}") from error
        except (SSHException, EOFError) as error:
            raise TimeoutError(f"{self._login} does not reach {address}:{port} within {seconds:g} s") from error
        return channel

    def _connect(self) -> Connection:
        login, seconds = self._login, self._settings.connect_seconds
        connection = Connection(
            # Only to look up its key: the socket is ours.
            login.alias or login.address,
            user=login.user,
            port=PORT if login.alias else login.port,
            connect_timeout=seconds,
            # What the user's files say is in the login already, with keys checked at every hop.
            gateway=False,
            config=Config(overrides={"load_ssh_configs": False, "authentication": {"strategy_class": None}}),
            connect_kwargs={"auth_strategy": self._keys, "banner_timeout": seconds, "auth_timeout": seconds},
        )
        # Fabric would accept any host key.
        connection.client.set_missing_host_key_policy(_Refuse())
        try:
            connection.client.load_host_keys(str(self._known_hosts))
        except OSError as error:
            message = (
                f"the known hosts file {self._known_hosts} cannot be read ({error.strerror}): check ssh.known_hosts"
            )
            raise NoAccessError(self._host, message) from error
        try:
            connection.connect_kwargs["sock"] = self._socket()
            connection.open()
        except BadHostKeyException as error:
            raise NoAccessError(self._host, changed_key(login, self._known_hosts, _print(error.key))) from error
        except UnknownHostKeyError as error:
            raise NoAccessError(self._host, unknown_key(login, self._known_hosts, _print(error.key))) from error
        except AuthFailure as error:
            raise NoAccessError(self._host, self._keys.why_refused(error)) from error
        except (SSHException, OSError, EOFError, ValueError) as error:
            raise UnreachableError(self._host, self._why(error)) from error
        connection.transport.sock.settimeout(IDLE_SECONDS)
        return connection

    def _socket(self) -> Any:
        login, seconds = self._login, self._settings.connect_seconds
        if self._through is None:
            return socket.create_connection((login.address, login.port), timeout=seconds)
        return self._through.channel(login.address, login.port, seconds)

    def _why(self, error: Exception) -> str:
        place, way = self._login.place, f" through {self._login.jump[-1]}" if self._login.jump else ""
        if isinstance(error, ForwardingForbiddenError):
            return str(error)
        if isinstance(error, TimeoutError):
            seconds = self._settings.connect_seconds
            return f"no answer from {place}{way} within {seconds:g} s: powered off, or a firewall"
        return f"no SSH at {place}{way}: {error or type(error).__name__}"


def _print(key: PKey) -> str:
    """Kind and fingerprint of a key, as ssh-keygen shows them."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode("ascii").rstrip("=")
    return f"{key.get_name()} SHA256:{digest}"


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
