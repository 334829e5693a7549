"""Faults of a service's container: stopped, killed, paused."""

from hadrill.faults.fault import BLACKHOLE, CRASH, STOP, Fault, Target

# The unit would start a killed container again after a second; a drop-in in /run keeps it down until it is healed.
_DROP_IN = "/run/systemd/system/{unit}.d/hadrill-drill.conf"


def stop(target: Target) -> Fault:
    """The container is asked to end, as by an update; it stays down."""
    return Fault(
        "container-stop",
        STOP,
        inject=f"systemctl stop {target.unit}",
        proof=_gone(target),
        heal=f"systemctl start {target.unit}",
        available=_running(target),
        ends=True,
    )


def kill(target: Target) -> Fault:
    """The container's processes get SIGKILL; it stays down."""
    drop_in = _DROP_IN.format(unit=target.unit)
    return Fault(
        "container-kill",
        CRASH,
        inject=(
            f"mkdir -p $(dirname {drop_in}); printf '[Service]\\nRestart=no\\n' > {drop_in}; systemctl daemon-reload;"
            f" docker kill --signal KILL {target.container} >/dev/null"
        ),
        proof=_gone(target),
        heal=f"rm -rf $(dirname {drop_in}); systemctl daemon-reload; systemctl start {target.unit}",
        available=_running(target),
        ends=True,
    )


def pause(target: Target) -> Fault:
    """The container's processes stand still; its connections stay open and answer nothing."""
    state = f"docker inspect --format '{{{{.State.Status}}}}' {target.container}"
    return Fault(
        "container-pause",
        BLACKHOLE,
        inject=f"docker pause {target.container} >/dev/null",
        proof=f'[ "$({state})" = paused ] && echo paused',
        heal=(
            f'[ "$({state} 2>/dev/null)" != paused ] || docker unpause {target.container} >/dev/null;'
            f" systemctl start {target.unit}"
        ),
        available=_running(target),
    )


def _running(target: Target) -> str:
    return (
        f"systemctl is-active --quiet {target.unit} && docker inspect {target.container} >/dev/null 2>&1"
        f" || {{ echo 'its container {target.container} does not run'; false; }}"
    )


def _gone(target: Target) -> str:
    # The kill is over when the unit has noticed; asked for at most a second.
    return (
        f"gone() {{ ! docker inspect {target.container} >/dev/null 2>&1"
        f" && ! systemctl is-active --quiet {target.unit}; }};"
        f" for n in $(seq 20); do ! gone || {{ echo 'container {target.container} is gone'; exit 0; }};"
        f" sleep 0.05; done; echo 'container {target.container} still runs'; false"
    )
