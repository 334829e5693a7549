"""A component in a container that a systemd unit runs: the way in which hadrill installs."""

from dataclasses import dataclass

from hadrill.placement import container
from hadrill.placement.marks import Marks
from hadrill.placement.unit import Unit, journal


@dataclass(frozen=True, kw_only=True)
class ContainerUnit(Unit):
    """The unit starts the container, and starts it again; the engine knows its processes."""

    container: str

    @property
    def runs(self) -> str:
        """Both."""
        unit = f"{{ {self.is_active} || {{ echo '{self.unit} does not run'; false; }}; }}"
        return f"{unit} && {container.running(self.container)}"

    def is_gone(self, marks: Marks) -> str:
        """Both."""
        return f"{container.ended(self.container)} && {{ {super().is_gone(marks)}; }}"

    def is_frozen(self, marks: Marks) -> str:
        """The container is paused."""
        return container.paused(self.container)

    @property
    def kill(self) -> str:
        """The container's processes; the unit's own, which waits for them, ends by itself."""
        return f"docker kill --signal KILL {self.container} >/dev/null"

    def freeze(self, marks: Marks) -> str:
        """By the engine."""
        return f"{marks.set(container.PAUSED)} && docker pause {self.container} >/dev/null"

    def thaw(self, marks: Marks) -> str:
        """Where it was paused here, and still is."""
        return container.thaw(marks, self.container)

    @property
    def main_pid(self) -> str:
        """The container's first process, as the host numbers it."""
        return f"echo {container.inspected(self.container, '.State.Pid')}"

    @property
    def group(self) -> str:
        """The container's."""
        return "cut -d: -f3- /proc/$main/cgroup | sort | tail -1"

    def logs(self, seconds: int | None, lines: int | None, *, supervisor: bool = False) -> str:
        """From the journal, where the engine writes it."""
        its_own = f"{journal(seconds, lines)} CONTAINER_NAME={self.container}"
        return f"{its_own} + UNIT={self.unit}" if supervisor else its_own

    def execute(self, command: str) -> str:
        """In the container."""
        return container.execute(self.container, command)
