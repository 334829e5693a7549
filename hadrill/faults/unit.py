"""Faults of a named component: stopped, and kept down until it is healed."""

from collections.abc import Callable

from hadrill.faults.container import stopped
from hadrill.faults.fault import STOP, Fault, Target, unavailable


def stop(component: str) -> Callable[[Target], Fault]:
    """The function that makes the fault of that component for a target."""

    def fault(target: Target) -> Fault:
        name = f"{component}-stop"
        its = target.components.get(component)
        if its is None:
            return unavailable(name, STOP, f"{component} has no unit of its own here")
        return stopped(name, its, target.marks)

    return fault
