"""Power over SSH: the machine is told to go down. It comes back only by itself, or somebody else switches it on."""

from hadrill.faults.power import PowerError
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote, RemoteError, UnreachableError, shell
from hadrill.timing import Deadline, OverdueError, eventually

DOWN_SECONDS = 60.0
BOOT_SECONDS = 300.0


class SshPower:
    """For machines without another driver: reboots work; a power-off is refused, as it could not be healed."""

    heals = False

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def off(self, host: Host) -> None:
        """systemctl poweroff, without stopping the services first."""
        self._tell(host, "poweroff --force --force")
        self._wait(f"{host} to be off", host, DOWN_SECONDS, on=False)

    def on(self, host: Host) -> None:
        """Wait for the machine to come back by itself: SSH cannot switch it on."""
        try:
            self._wait(f"{host} to come back by itself", host, BOOT_SECONDS, on=True)
        except PowerError as error:
            raise PowerError(
                f"{error}; SSH cannot switch a machine on: use its console, or another faults.power"
            ) from error

    def reset(self, host: Host) -> None:
        """systemctl reboot, without stopping the services first."""
        self._tell(host, "reboot --force --force")

    def is_on(self, host: Host) -> bool:
        """Whether SSH answers."""
        with Remote(self._inventory) as remote:
            try:
                remote.run(host, "true")
            except RemoteError:
                return False
        return True

    def _tell(self, host: Host, verb: str) -> None:
        with Remote(self._inventory) as remote:
            try:
                # A moment later, so that this connection still ends in good order.
                timer = ("systemd-run", "--quiet", "--on-active=0.2", "--timer-property=AccuracySec=50ms")
                remote.run(host, shell.command(*timer, "systemctl", verb))
            except UnreachableError as error:
                raise PowerError(str(error)) from error
            except RemoteError as error:
                raise PowerError(f"systemctl {verb} was refused: {error}") from error

    def _wait(self, what: str, host: Host, seconds: float, *, on: bool) -> None:
        def not_yet() -> str | None:
            return None if self.is_on(host) is on else f"it is {'off' if on else 'still on'}"

        try:
            eventually(what, not_yet, Deadline(seconds))
        except OverdueError as error:
            raise PowerError(str(error)) from error
