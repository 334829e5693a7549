"""Faults of a service's container: stopped, killed, paused."""

from hadrill.faults.fault import BLACKHOLE, CRASH, STOP, Fault, Target
from hadrill.faults.marks import in_turn, mark, where_marked
from hadrill.faults.unit import mark_running, runs, start_marked

# The unit would start a killed container again after a second; a drop-in in /run keeps it down until it is healed.
# The last one by name decides, and the owner's own ones lie beside it.
DROP_INS = "/run/systemd/system"
_DROP_IN = "{unit}.d/zzz-hadrill-{drill}.conf"


def stop(target: Target) -> Fault:
    """The container is asked to end, as by an update; it stays down."""
    return Fault(
        "container-stop",
        STOP,
        inject=f"{_running(target)} && {mark_running(target, target.unit)} && systemctl stop {target.unit}",
        proof=_gone(target),
        heal=start_marked(target),
        available=_running(target),
        ends=True,
    )


def kill(target: Target) -> Fault:
    """The container's processes get SIGKILL; it stays down."""
    drop_in = f"{DROP_INS}/{_DROP_IN.format(unit=target.unit, drill=target.drill)}"
    folder = drop_in.rpartition("/")[0]
    remove = f"rm -f {drop_in}; {where_marked(target, 'folder', f'rmdir --ignore-fail-on-non-empty {folder}')}"
    return Fault(
        "container-kill",
        CRASH,
        inject=(
            f"{_running(target)} && {mark_running(target, target.unit)}"
            f" && {{ [ -d {folder} ] || {mark(target, 'folder')}; }} && mkdir -p {folder}"
            f" && printf '[Service]\\nRestart=no\\n' > {drop_in} && systemctl daemon-reload"
            f" && docker kill --signal KILL {target.container} >/dev/null"
        ),
        proof=_gone(target),
        heal=f"! [ -e {drop_in} ] || {{ {remove}; systemctl daemon-reload; }}; {start_marked(target)}",
        available=_running(target),
        ends=True,
    )


def pause(target: Target) -> Fault:
    """The container's processes stand still; its connections stay open and answer nothing."""
    state = _state(target)
    unpause = f'[ "{state}" != paused ] || docker unpause {target.container} >/dev/null'
    return Fault(
        "container-pause",
        BLACKHOLE,
        inject=(
            f"{_running(target)} && {mark_running(target, target.unit)} && {mark(target, 'paused')}"
            f" && docker pause {target.container} >/dev/null"
        ),
        proof=f'[ "{state}" = paused ] && echo paused',
        heal=in_turn(where_marked(target, "paused", unpause), start_marked(target)),
        available=_running(target),
    )


def _state(target: Target) -> str:
    return f"$(docker inspect --format '{{{{.State.Status}}}}' {target.container} 2>/dev/null)"


def _running(target: Target) -> str:
    """Fails, and says how it is, where the container does not run: its owner stopped or paused it, or it failed."""
    return (
        f'{runs(target.unit)} && {{ state={_state(target)}; [ "$state" = running ]'
        f' || {{ echo "its container {target.container} does not run: ${{state:-there is none}}"; false; }}; }}'
    )


def _gone(target: Target) -> str:
    # The kill is over when the unit has noticed; asked for at most a second.
    return (
        f"gone() {{ ! docker inspect {target.container} >/dev/null 2>&1"
        f" && ! systemctl is-active --quiet {target.unit}; }};"
        f" for n in $(seq 20); do ! gone || {{ echo 'container {target.container} is gone'; exit 0; }};"
        f" sleep 0.05; done; echo 'container {target.container} still runs'; false"
    )
