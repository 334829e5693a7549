"""What all drills of a run share: the inventory, connections, the watchdog, and what the command line asked for."""

import os
import socket
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from hadrill.faults.power import Power, driver
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.safety.watchdog import Watchdog
from hadrill.workload import DEFAULT_RATE


@dataclass
class Session:
    """`run` names the run with all its workers; `say` prints one line; `folder` takes the evidence of experiments."""

    inventory: Inventory
    remote: Remote
    folder: Path
    say: Callable[[str], None] = lambda _: None
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    consent: Collection[str] = ()
    rate: float = DEFAULT_RATE
    force: bool = False
    _power: Power | None = None
    _watchdog: Watchdog | None = None

    @property
    def power(self) -> Power:
        """The power driver. Raises PowerError."""
        if self._power is None:
            self._power = driver(self.inventory)
        return self._power

    @property
    def watchdog(self) -> Watchdog:
        """The process that heals when this one dies; started where there is none."""
        if self._watchdog is None or self._watchdog.died:
            self._watchdog = Watchdog()
        return self._watchdog

    @property
    def who(self) -> str:
        """The holder's name in a lease."""
        return f"{socket.gethostname()} process {os.getpid()}"

    def close(self) -> None:
        """End the watchdog."""
        if self._watchdog is not None:
            self._watchdog.close()
