"""Power: the one fault that a host cannot undo by itself. Drivers are found by entry point."""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Protocol

from hadrill.faults.fault import BLACKHOLE, RESTART, Fault, Target
from hadrill.inventory import Host, Inventory
from hadrill.inventory.settings import POWER


class PowerError(Exception):
    """The driver cannot do it; the text says why, and what is needed."""


class Power(Protocol):
    """Switches machines of one inventory. Every method returns when it is done, and raises PowerError."""

    heals: bool
    """Whether it can switch on what it switched off."""

    def off(self, host: Host) -> None:
        """Cut the power: no program can end in good order."""

    def on(self, host: Host) -> None:
        """Switch the machine on; one that is on stays as it is."""

    def reset(self, host: Host) -> None:
        """Off and on again at once."""

    def is_on(self, host: Host) -> bool:
        """Whether the machine has power."""


def driver(inventory: Inventory) -> Power:
    """The driver that settings.yaml names (`faults.power`; a lab's is `lab`). Raises PowerError."""
    settings = inventory.settings
    name = settings.faults.power or ("lab" if settings.lab else "ssh")
    drivers = entry_points(group=POWER, name=name)
    if not drivers:
        known = ", ".join(sorted(entry.name for entry in entry_points(group=POWER)))
        raise PowerError(f"no power driver {name!r} (faults.power in settings.yaml): there are {known}")
    try:
        make: Callable[[Inventory], Power] = next(iter(drivers)).load()
    except ModuleNotFoundError as error:
        raise PowerError(f"the power driver {name!r} is not in this installation: it has no {error.name}") from error
    return make(inventory)


def power_off(_: Target) -> Fault:
    """The machine's power is cut."""
    return Fault("power-off", BLACKHOLE, power="off", ends=True)


def reboot(_: Target) -> Fault:
    """The machine is reset, and comes back by itself."""
    return Fault("reboot", RESTART, power="reset", lasts=False, ends=True)
