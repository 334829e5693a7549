"""A component with a systemd unit of its own."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from hadrill.placement import processes
from hadrill.placement.marks import Marks
from hadrill.placement.placement import Placement
from hadrill.remote import shell
from hadrill.timing import duration

DROP_INS = "/run/systemd/system"
"""The folder of temporary drop-ins: they are gone after a reboot."""
# The last drop-in by name decides, and the owner's own drop-ins lie beside this one.
_DROP_IN = "{unit}.d/zzz-hadrill-{experiment}.conf"
RUNNING, FOLDER, FROZEN, PIDS = "running", "drop-in-folder", "frozen", "frozen-pids"
_WITH_ENVIRONMENT = 'sh -c \'text=$1; shift; exec env "$@" sh -c "$text"\' sh'


@dataclass(frozen=True, kw_only=True)
class Unit(Placement):
    """`unit` is the unit's name, with `.service`."""

    unit: str

    supervisor: ClassVar[str] = "its unit"

    @property
    def runs(self) -> str:
        """Succeeds where the unit is active and does not stand still."""
        still = f'[ {self._freezer} != frozen ] && {processes.STATE} && [ "$(state $({self.main_pid}))" != T ]'
        return (
            f"{{ {self.is_active} || {{ echo '{self.unit} does not run'; false; }}; }}"
            f" && {{ {still} || {{ echo '{self.unit} stands still already, by somebody else'; false; }}; }}"
        )

    @property
    def is_active(self) -> str:
        """Succeeds where systemd calls the unit active."""
        return f"systemctl is-active --quiet {self.unit}"

    def is_gone(self, marks: Marks) -> str:
        """Succeeds where the unit is neither active nor about to be."""
        return f'case "$(systemctl is-active {self.unit})" in inactive|failed|unknown) :;; *) false;; esac'

    def is_frozen(self, marks: Marks) -> str:
        """Succeeds where systemd's freezer holds the unit, or a signal has stopped each process."""
        frozen = f"[ {self._freezer} = frozen ]"
        return f"{frozen} || {processes.all_stopped(marks, PIDS)}"

    @property
    def _freezer(self) -> str:
        return f'"$(systemctl show --property=FreezerState --value {self.unit})"'

    @property
    def start(self) -> str:
        """Start the unit."""
        return f"systemctl start {self.unit}"

    @property
    def stop(self) -> str:
        """Stop the unit, with the sockets and timers that would start it again."""
        return f"systemctl stop $({_show('TriggeredBy', self.unit)}) {self.unit}"

    @property
    def kill(self) -> str:
        """Kill all processes of the unit."""
        return f"systemctl kill --signal=KILL {self.unit}"

    def remember(self, marks: Marks) -> str:
        """Mark the unit, the units that stop with it, and those that trigger it, where they run."""
        return remember(marks, self.unit)

    def start_again(self, marks: Marks) -> str:
        """Start them by one command, as systemd knows their order."""
        return start_again(marks)

    def keep_down(self, marks: Marks) -> str:
        """Tell systemd by a drop-in not to restart the unit, and stop what triggers it."""
        drop_in = self.drop_in(marks)
        folder = drop_in.rpartition("/")[0]
        return (
            f"{{ [ -d {folder} ] || {marks.set(FOLDER)}; }} && mkdir -p {folder}"
            f" && printf '[Service]\\nRestart=no\\n' > {drop_in} && systemctl daemon-reload"
            f" && for u in $({_show('TriggeredBy', self.unit)}); do systemctl stop $u || exit 1; done"
        )

    def let_up(self, marks: Marks) -> str:
        """Remove the drop-in, and its folder where that was made for it."""
        drop_in = self.drop_in(marks)
        folder = marks.where_set(FOLDER, f"rmdir --ignore-fail-on-non-empty {drop_in.rpartition('/')[0]}")
        return f"! [ -e {drop_in} ] || {{ rm -f {drop_in}; {folder}; systemctl daemon-reload; }}"

    def drop_in(self, marks: Marks) -> str:
        """The experiment's own drop-in of this unit."""
        return f"{DROP_INS}/{_DROP_IN.format(unit=self.unit, experiment=marks.folder.rpartition('/')[2])}"

    def freeze(self, marks: Marks) -> str:
        """Stop the unit by systemd's freezer; where the kernel has none for units, each process by a signal."""
        # A second time for what was started meanwhile.
        once = f"pids=$({self.processes('.')}); {processes.marked(marks, PIDS)}; kill -STOP $pids 2>/dev/null"
        return f"{marks.set(FROZEN)}; systemctl freeze {self.unit} 2>/dev/null || {{ {once}; {once}; :; }}"

    def thaw(self, marks: Marks) -> str:
        """Let the unit go on, where freeze() stopped it and it still stands still."""
        thaw = f"case {self._freezer} in frozen|freezing) systemctl thaw {self.unit};; esac"
        return f"{marks.where_set(FROZEN, thaw)} && {processes.let_go_on(marks, PIDS)}"

    @property
    def main_pid(self) -> str:
        """Print the unit's main process, as systemd knows it."""
        return f"systemctl show --property=MainPID --value {self.unit}"

    @property
    def group(self) -> str:
        """Print the unit's cgroup, as systemd knows it."""
        return f"systemctl show --property=ControlGroup --value {self.unit}"

    def logs(self, seconds: int | None, lines: int | None, *, supervisor: bool = False) -> str:
        """Print the unit's lines of the journal."""
        words = f"{journal(seconds, lines)} _SYSTEMD_UNIT={self.unit}"
        return f"{words} + UNIT={self.unit}" if supervisor else words

    def execute(self, command: str) -> str:
        """Run a shell command on the host, with the unit's environment."""
        return f"main=$({self.main_pid}); xargs -0 -a /proc/$main/environ {_WITH_ENVIRONMENT} {shell.word(command)}"

    @property
    def restarts(self) -> str:
        """Print the unit's settings for restarts."""
        return f"systemctl show --property=Restart --property=RestartUSec {self.unit}"

    def restarts_after(self, restarts: str) -> float:
        """RestartSec; infinite where the unit is not restarted at all."""
        settings = dict(line.split("=", 1) for line in restarts.splitlines() if "=" in line)
        return math.inf if settings.get("Restart") == "no" else seconds_of(settings.get("RestartUSec", ""))

    @property
    def starts_at_boot(self) -> str:
        """Succeeds where systemd calls the unit enabled."""
        return f"systemctl is-enabled {self.unit} | grep -x enabled"

    @property
    def to_start(self) -> str:
        """systemd's command."""
        return f"systemctl start {self.unit.removesuffix('.service')}"

    @property
    def to_restart(self) -> str:
        """systemd's command."""
        return f"systemctl restart {self.unit.removesuffix('.service')}"


def units_of(placements: Iterable[Placement]) -> set[str]:
    """The units of the placements that have one."""
    return {placement.unit for placement in placements if isinstance(placement, Unit)}


def seconds_of(span: str) -> float:
    """Seconds of a time as systemd shows it: `1s`, `1min 30s`, `100ms`, `infinity`, or nothing, which is 0."""
    return duration(span, 1.0) if span else 0.0


def remember(marks: Marks, *units: str, mark: str = RUNNING) -> str:
    """Mark which of these units run, and which of those that stop with them or trigger them."""
    names = " ".join(units)
    with_them = f"$({_show('TriggeredBy,RequiredBy,BoundBy,ConsistsOf', names)} | grep -v '\\.target$')"
    # A target pulls in whatever is enabled, also what its owner has stopped.
    running = f"running=$(for u in $(echo {names} {with_them} | tr ' ' '\\n' | sort -u); do"
    return f"{{ {running} ! systemctl is-active --quiet $u || echo $u; done); {marks.set(mark, '$running')}; }}"


def start_again(marks: Marks, mark: str = RUNNING) -> str:
    """Start what remember() has marked."""
    file = marks.path(mark)
    return marks.where_set(mark, f'[ -z "$(cat {file})" ] || systemctl start $(cat {file})')


def _show(properties: str, units: str) -> str:
    """Print names of units, one on each line."""
    return f"systemctl show --property={properties} --value {units} | tr ' ' '\\n' | grep ."


def journal(seconds: int | None, lines: int | None) -> str:
    """Print the newest lines of the journal; what they must match is to follow this text."""
    since = "--boot" if seconds is None else f"--since=-{seconds}s"
    return f"journalctl --no-pager --output short-iso-precise {since}{'' if lines is None else f' -n {lines}'}"


def states(units: Iterable[str]) -> str:
    """Print systemd's state of each of these units, one on each line."""
    return f"systemctl is-active {' '.join(units)}; :"
