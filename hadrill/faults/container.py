"""Faults of a whole component, mostly a container: stopped, killed, paused."""

from hadrill.faults.fault import BLACKHOLE, CRASH, RESTART, STOP, Fault, Kind, Target
from hadrill.placement import Placement
from hadrill.placement.marks import Marks, all_of, in_turn
from hadrill.remote.shell import command

GONE_SECONDS = 10.0


def stop(target: Target) -> Fault:
    """The container is asked to end, as by an update; it stays down."""
    return stopped("container-stop", target.placement, target.marks)


def kill(target: Target) -> Fault:
    """The container's processes get SIGKILL; it stays down."""
    return killed("container-kill", target.placement, target.marks)


def pause(target: Target) -> Fault:
    """The container's processes stand still; its connections stay open and answer nothing."""
    return paused("container-pause", target.placement, target.marks)


def stopped(name: str, its: Placement, marks: Marks) -> Fault:
    """A component that was asked to end."""
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
    """A component that died without a word."""
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
    """A component that stands still. Where it ends meanwhile, what runs it may need to be started again."""
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
    # It is over when its supervisor has noticed, too.
    return (
        f"until {{ {its.is_gone(marks)}; }}; do [ $((n=${{n:-0}}+1)) -lt {int(GONE_SECONDS / 0.05)} ]"
        f" || {{ {command('echo', f'{its.name} still runs')}; exit 1; }}; sleep 0.05; done;"
        f" {command('echo', f'{its.name} is gone')}"
    )
