"""A component whose processes another component starts, and starts again: PostgreSQL under Patroni."""

from dataclasses import dataclass
from typing import ClassVar

from hadrill.placement import processes
from hadrill.placement.marks import Marks
from hadrill.placement.placement import Placement
from hadrill.remote.shell import word

PIDS, REMEMBERED = "stopped-pids", "pids"


@dataclass(frozen=True, kw_only=True)
class Inside(Placement):
    """`carrier` is the component that it runs in; `pattern` matches the command lines of its processes."""

    carrier: Placement
    pattern: str

    stays_down: ClassVar[bool] = False
    supervisor: ClassVar[str] = "what it runs in"

    @property
    def present(self) -> str:
        """Succeeds where it has a process, and puts all of them into `$pids`; fails and says so otherwise."""
        return (
            f'{{ pids=$({self.processes(self.pattern)}); [ -n "$pids" ]'
            f" || {{ echo {word(f'no process {self.pattern} runs')}; false; }}; }}"
        )

    @property
    def runs(self) -> str:
        """Succeeds where it has a process, and none of its processes stands still."""
        return (
            f"{self.present} && {{ {processes.STATE}; ( for p in $pids; do"
            f' [ "$(state $p)" != T ] || {{ echo {word(f"process {self.pattern}")}'
            ' "($p) is stopped already, by somebody else"; exit 1; }; done ); }'
        )

    def is_gone(self, marks: Marks) -> str:
        """Succeeds where the processes that were remembered have ended: there may be new ones by now."""
        return processes.all_ended(marks, REMEMBERED)

    def is_frozen(self, marks: Marks) -> str:
        """Succeeds where all processes that freeze() stopped stand still."""
        return processes.all_stopped(marks, PIDS)

    @property
    def start(self) -> str:
        """Start its carrier."""
        return self.carrier.start

    @property
    def stop(self) -> str:
        """Send SIGTERM to its processes."""
        return self._signal("TERM")

    @property
    def kill(self) -> str:
        """Send SIGKILL to its processes."""
        return self._signal("KILL")

    def remember(self, marks: Marks) -> str:
        """Mark its processes, and what its carrier remembers: a carrier may end when this component does."""
        return f"{self.present} && {processes.marked(marks, REMEMBERED)} && {{ {self.carrier.remember(marks)}; }}"

    def start_again(self, marks: Marks) -> str:
        """Start its carrier, where that ran."""
        return self.carrier.start_again(marks)

    def freeze(self, marks: Marks) -> str:
        """Send SIGSTOP to its processes, and mark them."""
        return f"{self.present} && {processes.marked(marks, PIDS)} && {processes.signalled('STOP')}"

    def thaw(self, marks: Marks) -> str:
        """Send SIGCONT to the processes that freeze() stopped."""
        return processes.let_go_on(marks, PIDS)

    @property
    def main_pid(self) -> str:
        """Print the number of its first process, by number."""
        return f"{self.processes(self.pattern)} | head -1"

    @property
    def group(self) -> str:
        """Print its carrier's cgroup."""
        return self.carrier.group

    def processes(self, pattern: str) -> str:
        """Print the numbers of its carrier's processes with such a command line."""
        return self.carrier.processes(pattern)

    def logs(self, seconds: int | None, lines: int | None, *, supervisor: bool = False) -> str:
        """Print its carrier's logs: it writes there."""
        return self.carrier.logs(seconds, lines, supervisor=supervisor)

    def execute(self, command: str) -> str:
        """Run a shell command where its carrier runs."""
        return self.carrier.execute(command)

    @property
    def restarts(self) -> str:
        """Print nothing: restarts_after() needs nothing."""
        return ":"

    def restarts_after(self, restarts: str) -> float:
        """Zero: its carrier starts it again, and nobody knows how soon."""
        return 0.0

    @property
    def starts_at_boot(self) -> str:
        """Succeeds where its carrier starts at boot."""
        return self.carrier.starts_at_boot

    @property
    def to_start(self) -> str:
        """The command that starts its carrier."""
        return self.carrier.to_start

    @property
    def to_restart(self) -> str:
        """The command that restarts its carrier."""
        return self.carrier.to_restart

    def _signal(self, signal: str) -> str:
        return f"{self.present} && {processes.signalled(signal)}"
