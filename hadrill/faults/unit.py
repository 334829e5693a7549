"""Faults of one component that has a systemd unit of its own: stopped, and kept down until it is healed."""

from collections.abc import Callable

from hadrill.faults.fault import STOP, Fault, Target


def stop(component: str) -> Callable[[Target], Fault]:
    """The fault of that component."""

    def fault(target: Target) -> Fault:
        unit = target.units.get(component, "")
        active = f"systemctl is-active --quiet {unit}"
        missing = f"echo '{component} has no unit of its own here'; false"
        return Fault(
            f"{component}-stop",
            STOP,
            inject=f"systemctl stop {unit}",
            proof=f"! {active} && echo '{unit} is stopped'",
            heal=f"systemctl start {unit}",
            available=f"{active} || {{ echo '{unit} does not run'; false; }}" if unit else missing,
            ends=True,
        )

    return fault
