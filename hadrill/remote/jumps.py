"""Connections to jump hosts: one each, whoever goes through it, opened when the first one does."""

import threading
import time
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from hadrill.inventory import Inventory
from hadrill.inventory.login import Login
from hadrill.remote.errors import UnreachableError

if TYPE_CHECKING:
    from hadrill.remote.connection import SshConnection

Hops = tuple[Login, ...]
WAY = "at the jump host"


class Jumps:
    """Those of one inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self._settings = inventory.settings.ssh
        self._known_hosts = inventory.path(self._settings.known_hosts)
        self._open: dict[Hops, SshConnection] = {}
        self._refused: dict[Hops, tuple[float, UnreachableError]] = {}
        self._lock = threading.Lock()
        self._locks: defaultdict[Hops, threading.Lock] = defaultdict(threading.Lock)

    def connect(self, host: str, login: Login) -> "SshConnection":
        """A new connection to a host, through its jump hosts. Raises UnreachableError with the host's name."""
        # Fabric and paramiko take a tenth of a second to load: not before a host is asked.
        from hadrill.remote.connection import SshConnection

        return SshConnection(host, login, self._settings, self._known_hosts, self.last(host, login.jump))

    def last(self, host: str, hops: Hops) -> "SshConnection | None":
        """The connection to the last of some hops; None where there are none. Raises UnreachableError."""
        if not hops:
            return None
        asked = time.monotonic()
        with self._lock:
            lock = self._locks[hops]
        with lock:
            connection = self._open.get(hops)
            if connection is not None and connection.is_connected:
                return connection
            refused_at, refusal = self._refused.get(hops, (0.0, None))
            # All hosts behind it ask at once: one answer is enough for those that waited for it.
            if refusal is None or refused_at < asked:
                try:
                    connection = self.connect(host, replace(hops[-1], jump=hops[:-1]))
                except UnreachableError as error:
                    self._refused[hops] = time.monotonic(), error
                    refusal = error
                else:
                    self._open[hops] = connection
                    return connection
        # The hop before has told its own.
        reason = refusal.reason if refusal.reason.startswith(WAY) else f"{WAY} {hops[-1]}: {refusal.reason}"
        raise type(refusal)(host, reason) from refusal

    def close(self) -> None:
        """Close all, the last hops first."""
        for hops in sorted(self._open, key=len, reverse=True):
            self._open[hops].close()
        self._open.clear()
