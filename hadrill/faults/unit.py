"""Faults of one component that has a systemd unit of its own: stopped, and kept down until it is healed."""

from collections.abc import Callable

from hadrill.faults.fault import STOP, Fault, Target
from hadrill.faults.marks import mark, path, where_marked

STOPPED = "stopped"
"""The mark that names the units to start again."""


def stop(component: str) -> Callable[[Target], Fault]:
    """The fault of that component."""

    def fault(target: Target) -> Fault:
        unit = target.units.get(component, "")
        active = f"systemctl is-active --quiet {unit}"
        missing = f"echo '{component} has no unit of its own here'; false"
        return Fault(
            f"{component}-stop",
            STOP,
            inject=f"{runs(unit)} && {mark_running(target, unit)} && systemctl stop {unit}",
            proof=f"! {active} && echo '{unit} is stopped'",
            heal=start_marked(target),
            available=runs(unit) if unit else missing,
            ends=True,
        )

    return fault


def runs(unit: str) -> str:
    """Fails, and says so, where a unit is stopped: by its owner, or by itself."""
    return f"{{ systemctl is-active --quiet {unit} || {{ echo '{unit} does not run'; false; }}; }}"


def mark_running(target: Target, *units: str) -> str:
    """Mark which of these units run, and which that systemd would stop with them."""
    names = " ".join(units)
    with_them = f"systemctl show --property=RequiredBy,BoundBy,ConsistsOf --value {names} | tr ' ' '\\n'"
    # A target pulls in whatever is enabled, also what its owner has stopped.
    running = (
        f"running=$(for u in {names} $({with_them} | grep -v '\\.target$' | sort -u);"
        " do ! systemctl is-active --quiet $u || echo $u; done)"
    )
    return f"{{ {running}; {mark(target, STOPPED, '$running')}; }}"


def start_marked(target: Target) -> str:
    """Start again what ran before, and nothing that was stopped."""
    marked = path(target, STOPPED)
    return where_marked(target, STOPPED, f'[ -z "$(cat {marked})" ] || systemctl start $(cat {marked})')
