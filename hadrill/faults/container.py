"""Faults of a whole component, mostly a container: stopped, killed, paused."""

from hadrill.faults.fault import BLACKHOLE, CRASH, RESTART, STOP, Fault, Kind, Target
from hadrill.placement import Placement
from hadrill.placement.marks import Marks, all_of, in_turn
from hadrill.remote.shell import command

GONE_SECONDS = 10.0


def stop(target: Target) -> Fault:
    """Asks the container to end, as an update does; it stays down."""
    return stopped("container-stop", target.placement, target.marks)


def kill(target: Target) -> Fault:
    """Kills the container's processes; it stays down."""
    return killed("container-kill", target.placement, target.marks)


def pause(target: Target) -> Fault:
    """Freezes the container's processes; its connections stay open and answer nothing."""
    return paused("container-pause", target.placement, target.marks)


def stopped(name: str, its: Placement, marks: Marks) -> Fault:
    """A fault that asks a component to end."""
    return Fault(
        name,
        _kind(its, STOP),
        inject=all_of(its.runs, its.remember(marks), its.stop),
        proof=_gone(its, marks),
        heal=its.start_again(marks),
        available=its.runs,
        lasts=its.stays_down,
        ends=True,
    )


def killed(name: str, its: Placement, marks: Marks) -> Fault:
    """A fault that kills a component, which stays down where nothing else starts it."""
    return Fault(
        name,
        _kind(its, CRASH),
        inject=all_of(its.runs, its.remember(marks), its.keep_down(marks), its.kill),
        proof=_gone(its, marks),
        heal=in_turn(its.let_up(marks), its.start_again(marks)),
        available=its.runs,
        lasts=its.stays_down,
        ends=True,
    )


def paused(name: str, its: Placement, marks: Marks) -> Fault:
    """A fault that freezes a component. Where it ends meanwhile, healing also starts it again."""
    return Fault(
        name,
        BLACKHOLE,
        inject=all_of(its.runs, its.remember(marks), its.freeze(marks)),
        proof=all_of(its.is_frozen(marks), command("echo", f"{its.name} stands still")),
        heal=in_turn(its.thaw(marks), its.start_again(marks)),
        available=its.runs,
    )


def _kind(its: Placement, kind: Kind) -> Kind:
    return kind if its.stays_down else RESTART


def _gone(its: Placement, marks: Marks) -> str:
    # Proved once its supervisor has noticed, too.
    return (
        f"until {{ {its.is_gone(marks)}; }}; do [ $((n=${{n:-0}}+1)) -lt {int(GONE_SECONDS / 0.05)} ]"
        f" || {{ {command('echo', f'{its.name} still runs')}; exit 1; }}; sleep 0.05; done;"
        f" {command('echo', f'{its.name} is gone')}"
    )
