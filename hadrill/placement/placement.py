"""What every placement can do."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from hadrill.placement import processes
from hadrill.placement.marks import Marks


@dataclass(frozen=True, kw_only=True)
class Placement(ABC):
    """How one component runs. Texts, but for to_start and to_restart, are programs for /bin/sh as root on its host.

    `configuration` and `data` are a file or folder each, empty where there is none.
    """

    name: str
    configuration: str = ""
    data: str = ""

    stays_down: ClassVar[bool] = True
    """Whether a component that stop or kill ended stays down until it is started."""
    supervisor: ClassVar[str]
    """Who starts it again when it ends, as reports call it."""

    @property
    @abstractmethod
    def runs(self) -> str:
        """Succeeds where it runs. Otherwise fails and prints its state: stopped or frozen by its owner, or failed."""

    @abstractmethod
    def is_gone(self, marks: Marks) -> str:
        """Succeeds where what ran before the fault has ended."""

    @abstractmethod
    def is_frozen(self, marks: Marks) -> str:
        """Succeeds where all that freeze() was to stop stands still."""

    @property
    @abstractmethod
    def start(self) -> str:
        """Start it; one that runs stays as it is."""

    @property
    @abstractmethod
    def stop(self) -> str:
        """Ask it to end, and wait until it has."""

    @property
    @abstractmethod
    def kill(self) -> str:
        """End it with SIGKILL."""

    @abstractmethod
    def remember(self, marks: Marks) -> str:
        """Mark what runs now and would end with it, for start_again() and is_gone()."""

    @abstractmethod
    def start_again(self, marks: Marks) -> str:
        """Start what remember() has marked, and nothing that did not run then."""

    def keep_down(self, marks: Marks) -> str:
        """Before a kill: let nobody start it again until let_up()."""
        return ":"

    def let_up(self, marks: Marks) -> str:
        """Let it be started again, as before keep_down()."""
        return ":"

    @abstractmethod
    def freeze(self, marks: Marks) -> str:
        """Let it stand still, with its connections open."""

    @abstractmethod
    def thaw(self, marks: Marks) -> str:
        """Let it go on, where freeze() stopped it."""

    @property
    @abstractmethod
    def main_pid(self) -> str:
        """Print the number of its first process; 0 or nothing where it does not run."""

    @property
    @abstractmethod
    def group(self) -> str:
        """Print its cgroup, where `$main` is its first process."""

    def processes(self, pattern: str) -> str:
        """Print the numbers of its own processes with such a command line: others may run the same program."""
        return processes.listed(self.main_pid, self.group, pattern)

    @abstractmethod
    def logs(self, seconds: int | None, lines: int | None, *, supervisor: bool = False) -> str:
        """Print the newest lines of its log with their times: of the last `seconds`, or since the host started.

        At most so many `lines`. With `supervisor` also what its supervisor says of it.
        """

    @abstractmethod
    def execute(self, command: str) -> str:
        """Run a shell command with its programs and its environment."""

    @property
    def environment(self) -> str:
        """Print the environment that it was started with, a variable a line; fails where it does not run."""
        return f"main=$({self.main_pid}); tr '\\0' '\\n' < /proc/$main/environ"

    @property
    @abstractmethod
    def restarts(self) -> str:
        """Print what restarts_after() reads."""

    @abstractmethod
    def restarts_after(self, restarts: str) -> float:
        """Seconds from its end until its supervisor starts it again, infinite where nobody does.

        `restarts` is what the program of that name printed.
        """

    @property
    @abstractmethod
    def starts_at_boot(self) -> str:
        """Succeeds where it starts again by itself after a power cut."""

    @property
    @abstractmethod
    def to_start(self) -> str:
        """What an operator types to start it."""

    @property
    @abstractmethod
    def to_restart(self) -> str:
        """What an operator types to restart it."""
