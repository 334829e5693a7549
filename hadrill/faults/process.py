"""Faults of one process of a component: SIGTERM, SIGKILL, SIGSTOP. Whoever supervises it may start it again."""

from collections.abc import Callable

from hadrill.faults.container import killed, paused, stopped
from hadrill.faults.fault import RESTART, Fault, Target, unavailable
from hadrill.placement import Inside, Placement
from hadrill.placement.marks import Marks


def term(target: Target) -> Fault:
    """Asks the process to end."""
    return _of_process("process-term", stopped, target)


def kill(target: Target) -> Fault:
    """Kills the process; what it supervised may go on."""
    return _of_process("process-kill", killed, target)


def stop(target: Target) -> Fault:
    """Stops the process until it is told to go on. A process that is stopped already is left alone."""
    return _of_process("process-stop", paused, target)


def _of_process(name: str, make: Callable[[str, Placement, Marks], Fault], target: Target) -> Fault:
    if not target.process:
        return unavailable(name, RESTART, "the service has no process of its own to signal")
    return make(name, Inside(name=target.process, carrier=target.placement, pattern=target.process), target.marks)
