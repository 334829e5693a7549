"""A component in a container that a systemd unit runs: this is how hadrill installs components."""

from dataclasses import dataclass

from hadrill.placement import container
from hadrill.placement.container import ENGINE
from hadrill.placement.marks import Marks
from hadrill.placement.unit import Unit, journal


@dataclass(frozen=True, kw_only=True)
class ContainerUnit(Unit):
    """The unit starts the container, also when it has ended; the engine knows its processes."""

    container: str

    @property
    def runs(self) -> str:
        """Succeeds where the unit is active and the container runs."""
        unit = f"{{ {self.is_active} || {{ echo '{self.unit} does not run'; false; }}; }}"
        return f"{ENGINE}; {unit} && {container.running(self.container)}"

    def is_gone(self, marks: Marks) -> str:
        """Succeeds where the container has ended and the unit is neither active nor about to be."""
        return f"{ENGINE}; {container.ended(self.container)} && {{ {super().is_gone(marks)}; }}"

    def is_frozen(self, marks: Marks) -> str:
        """Succeeds where the container is paused."""
        return f"{ENGINE}; {container.paused(self.container)}"

    @property
    def kill(self) -> str:
        """Kill the container. The unit's own process, which waits for it, ends by itself."""
        return f"{ENGINE}; docker kill --signal KILL {self.container} >/dev/null"

    def freeze(self, marks: Marks) -> str:
        """Pause the container."""
        return f"{ENGINE}; {marks.set(container.PAUSED)} && docker pause {self.container} >/dev/null"

    def thaw(self, marks: Marks) -> str:
        """Let the container go on, where freeze() paused it and it still is paused."""
        return f"{ENGINE}; {container.thaw(marks, self.container)}"

    @property
    def main_pid(self) -> str:
        """Print the number of the container's first process, as the host counts it."""
        return f"{ENGINE}; echo {container.inspected(self.container, '.State.Pid')}"

    @property
    def group(self) -> str:
        """Print the container's cgroup."""
        return "cut -d: -f3- /proc/$main/cgroup | sort | tail -1"

    def logs(self, seconds: int | None, lines: int | None, *, supervisor: bool = False) -> str:
        """Print its output from the journal, into which the engine writes it."""
        its_own = f"{journal(seconds, lines)} CONTAINER_NAME={self.container}"
        return f"{its_own} + UNIT={self.unit}" if supervisor else its_own

    def execute(self, command: str) -> str:
        """Run a shell command in the container."""
        return f"{ENGINE}; {container.execute(self.container, command)}"
