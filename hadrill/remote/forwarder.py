"""Ends on this computer's loopback for ports that only a jump host reaches: made when they are asked for."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hadrill.inventory import Host
from hadrill.remote.errors import NoWayError, RemoteError
from hadrill.remote.remote import Remote

if TYPE_CHECKING:
    from paramiko import Channel

CARRIER = "hadrill-forward"
"""What its threads are called."""
LOOPBACK = "127.0.0.1"
CHUNK = 65536
CONNECT_SECONDS = 4.0
MOST = 256
"""Connections at the same time; whoever comes then is refused as by a server that is full."""
# Closed with a reset, as a port does that nobody listens on.
_RESET = struct.pack("ii", 1, 0)

Place = tuple[str, int]


class Forwarder:
    """Leads to ports of hosts through the jump hosts of those hosts. `behind` says which host an address is behind."""

    def __init__(self, remote: Remote, behind: Mapping[str, Host]) -> None:
        self._remote, self._behind = remote, behind
        self._ends: dict[Place, socket.socket] = {}
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST)
        self._open: set[_Forwarded] = set()
        self._closed = False

    def leads_to(self, address: str) -> bool:
        """Whether an address is reached through a jump host."""
        return address in self._behind

    def end(self, address: str, port: int) -> Place:
        """Where to connect on this computer for an address and port."""
        with self._lock:
            if self._closed:
                raise ConnectionError(f"the way to {address}:{port} is closed: the run is over")
            if (address, port) not in self._ends:
                end = self._ends[address, port] = socket.create_server((LOOPBACK, 0))
                _start(self._serve, end, address, port)
            return LOOPBACK, int(self._ends[address, port].getsockname()[1])

    def try_port(self, address: str, port: int, seconds: float) -> None:
        """Connect once and close again. Raises OSError as a direct connection would."""
        self._channel(address, port, seconds).close()

    def close(self) -> None:
        """Take every end away, and cut what still goes through."""
        with self._lock:
            self._closed = True
            ends, connections = list(self._ends.values()), list(self._open)
            self._ends.clear()
        for end in ends:
            # A thread that waits in accept() is woken by this, and by close() alone it is not.
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for connection in connections:
            connection.cut()

    def _channel(self, address: str, port: int, seconds: float) -> "Channel":
        try:
            return self._remote.channel(self._behind[address], address, port, seconds)
        except RemoteError as error:
            raise NoWayError(error.reason) from error

    def _serve(self, end: socket.socket, address: str, port: int) -> None:
        while True:
            try:
                client, _ = end.accept()
            except OSError:
                return
            _start(self._forward, client, address, port)

    def _forward(self, client: socket.socket, address: str, port: int) -> None:
        if not self._room.acquire(blocking=False):
            _refuse(client)
            return
        try:
            try:
                channel = self._channel(address, port, CONNECT_SECONDS)
            except OSError:
                _refuse(client)
                return
            connection = _Forwarded(client, channel)
            with self._lock:
                self._open.add(connection)
                too_late = self._closed
            if too_late:
                connection.cut()
            connection.carry()
            with self._lock:
                self._open.discard(connection)
        finally:
            self._room.release()


class _Forwarded:
    """One connection, carried both ways until both sides have ended it."""

    def __init__(self, client: socket.socket, channel: "Channel") -> None:
        self._client, self._channel = client, channel
        # What is small must not wait for more: clients ask and wait for the answer.
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def carry(self) -> None:
        """Returns when it is over."""
        back = _start(self._back)
        with contextlib.suppress(OSError, EOFError):
            while data := self._client.recv(CHUNK):
                self._channel.sendall(data)
        with contextlib.suppress(OSError, EOFError):
            self._channel.shutdown_write()
        back.join()
        self.cut()

    def cut(self) -> None:
        """End both sides."""
        with contextlib.suppress(OSError, EOFError):
            self._channel.close()
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)
        self._client.close()

    def _back(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            while data := self._channel.recv(CHUNK):
                self._client.sendall(data)
        # The server has ended it: nothing more can come, and what the client still sends goes nowhere.
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR if self._channel.closed else socket.SHUT_WR)


def _refuse(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    client.close()


def _start(work: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=arguments, name=f"{CARRIER}-{work.__name__}", daemon=True)
    thread.start()
    return thread
