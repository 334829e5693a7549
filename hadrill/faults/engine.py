"""The container engine is stopped."""

from hadrill.faults.fault import STOP, Fault, Target
from hadrill.faults.marks import in_turn, mark, path, where_marked
from hadrill.faults.unit import mark_running, start_marked

_UNITS = ("docker.socket", "docker.service")


def stop(target: Target) -> Fault:
    """Docker ends, and with it every container that it was not told to keep alive.

    Its owner's other containers end too: those that ran, and are not started again by the engine, are started.
    """
    units = " ".join(_UNITS)
    engine = (
        "{ systemctl is-active --quiet docker.service"
        " || { echo 'no docker.service runs: podman has no daemon that could be stopped'; false; }; }"
    )
    ended = (
        f"for c in $(cat {path(target, 'containers')}); do"
        " state=$(docker inspect --format '{{.State.Status}}' $c 2>/dev/null);"
        ' [ "$state" != exited ] || docker start $c >/dev/null; done'
    )
    return Fault(
        "engine-stop",
        STOP,
        inject=(
            f"{engine} && {mark_running(target, *_UNITS, target.unit)} && running=$(docker ps --quiet --no-trunc)"
            f" && {mark(target, 'containers', '$running')} && systemctl stop {units}"
        ),
        proof="! systemctl is-active --quiet docker.service && echo 'docker.service is stopped'",
        heal=in_turn(start_marked(target), where_marked(target, "containers", ended)),
        available=engine,
        ends=True,
    )
