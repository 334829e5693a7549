"""A component that is a process of another one, which starts it again: PostgreSQL under Patroni."""

from dataclasses import dataclass
from typing import ClassVar

from hadrill.placement import processes
from hadrill.placement.marks import Marks
from hadrill.placement.placement import Placement
from hadrill.remote.shell import word

PIDS, REMEMBERED = "stopped-pids", "pids"


@dataclass(frozen=True, kw_only=True)
class Inside(Placement):
    """`carrier` runs it; `pattern` is what its processes' command lines have."""

    carrier: Placement
    pattern: str

    stays_down: ClassVar[bool] = False
    supervisor: ClassVar[str] = "what it runs in"

    @property
    def present(self) -> str:
        """Succeeds where there is such a process, which is then in `$pids`; fails and says so otherwise."""
        return (
            f'{{ pids=$({self.processes(self.pattern)}); [ -n "$pids" ]'
            f" || {{ echo {word(f'no process {self.pattern} runs')}; false; }}; }}"
        )

    @property
    def runs(self) -> str:
        """There is such a process, and none of them stands still."""
        return (
            f"{self.present} && {{ {processes.STATE}; ( for p in $pids; do"
            f' [ "$(state $p)" != T ] || {{ echo {word(f"process {self.pattern}")}'
            ' "($p) is stopped already, by somebody else"; exit 1; }; done ); }'
        )

    def is_gone(self, marks: Marks) -> str:
        """Those that ran then: another one may be there by now."""
        return processes.all_ended(marks, REMEMBERED)

    def is_frozen(self, marks: Marks) -> str:
        """All of them."""
        return processes.all_stopped(marks, PIDS)

    @property
    def start(self) -> str:
        """With what carries it."""
        return self.carrier.start

    @property
    def stop(self) -> str:
        """SIGTERM."""
        return self._signal("TERM")

    @property
    def kill(self) -> str:
        """SIGKILL."""
        return self._signal("KILL")

    def remember(self, marks: Marks) -> str:
        """Its processes, and what carries it: that ends where it cannot go on without."""
        return f"{self.present} && {processes.marked(marks, REMEMBERED)} && {{ {self.carrier.remember(marks)}; }}"

    def start_again(self, marks: Marks) -> str:
        """What carries it, where it ran."""
        return self.carrier.start_again(marks)

    def freeze(self, marks: Marks) -> str:
        """SIGSTOP."""
        return f"{self.present} && {processes.marked(marks, PIDS)} && {processes.signalled('STOP')}"

    def thaw(self, marks: Marks) -> str:
        """SIGCONT to those that were stopped here."""
        return processes.let_go_on(marks, PIDS)

    @property
    def main_pid(self) -> str:
        """The oldest such process."""
        return f"{self.processes(self.pattern)} | head -1"

    @property
    def group(self) -> str:
        """Its carrier's."""
        return self.carrier.group

    def processes(self, pattern: str) -> str:
        """Of all its carrier's."""
        return self.carrier.processes(pattern)

    def logs(self, seconds: int | None, lines: int | None, *, supervisor: bool = False) -> str:
        """Its carrier's: it writes there."""
        return self.carrier.logs(seconds, lines, supervisor=supervisor)

    def execute(self, command: str) -> str:
        """Where its carrier is."""
        return self.carrier.execute(command)

    @property
    def restarts(self) -> str:
        """Nothing needs to be asked."""
        return ":"

    def restarts_after(self, said: str) -> float:
        """Its carrier starts it again, and nobody knows how soon."""
        return 0.0

    @property
    def starts_at_boot(self) -> str:
        """With its carrier."""
        return self.carrier.starts_at_boot

    @property
    def to_start(self) -> str:
        """Its carrier starts it."""
        return self.carrier.to_start

    @property
    def to_restart(self) -> str:
        """With its carrier."""
        return self.carrier.to_restart

    def _signal(self, signal: str) -> str:
        return f"{self.present} && {processes.signalled(signal)}"
