"""The lab's power driver: a machine's power is its container's life."""

from collections.abc import Callable

from hadrill.faults.power import PowerError
from hadrill.inventory import Host, Inventory
from hadrill.lab.docker import LabError
from hadrill.lab.lab import Lab


class LabPower:
    """Switches machines of a lab. hadrill finds it by its entry point."""

    heals = True

    def __init__(self, inventory: Inventory) -> None:
        try:
            self._lab = Lab(inventory)
        except LabError as error:
            raise PowerError(str(error)) from error

    def off(self, host: Host) -> None:
        """Kill the machine."""
        if self.is_on(host):
            self._do(lambda: self._lab.cut_power(host.name))

    def on(self, host: Host) -> None:
        """Start it with its disk."""
        self._do(lambda: self._lab.restore_power(host.name))

    def reset(self, host: Host) -> None:
        """Off and on."""
        self.off(host)
        self.on(host)

    def is_on(self, host: Host) -> bool:
        """Whether Docker says that it runs."""
        try:
            return self._lab.power().get(f"{self._lab.name}-{host.name}") == "running"
        except LabError as error:
            raise PowerError(str(error)) from error

    @staticmethod
    def _do(work: Callable[[], None]) -> None:
        try:
            work()
        except LabError as error:
            raise PowerError(str(error)) from error
