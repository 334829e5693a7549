"""Faults of one process in a container: SIGTERM, SIGKILL, SIGSTOP. Whoever supervises it may start it again."""

from hadrill.faults.fault import BLACKHOLE, RESTART, Fault, Kind, Target
from hadrill.faults.marks import path, where_marked
from hadrill.faults.unit import mark_running, start_marked

PIDS = "pids"
"""The mark that names the processes: number and start time, as a number may be another process's later."""
_STARTED = "started() { sed 's/.*) //' /proc/$1/stat 2>/dev/null | cut -d' ' -f20; }"
_STATE = "state() { sed 's/.*) //' /proc/$1/stat 2>/dev/null | cut -c1; }"


def term(target: Target) -> Fault:
    """The process is asked to end."""
    return _signal(target, "process-term", RESTART, "TERM")


def kill(target: Target) -> Fault:
    """The process dies without a word; what it supervised may go on."""
    return _signal(target, "process-kill", RESTART, "KILL")


def stop(target: Target) -> Fault:
    """The process stands still until it is told to go on. One that stands still already is its owner's."""
    marked = path(target, PIDS)
    return Fault(
        "process-stop",
        BLACKHOLE,
        inject=f"{_moving(target)} && {_mark_pids(target)} && kill -STOP $pids",
        proof=(
            f'{_STATE}; while read -r p when; do [ "$(state $p)" = T ] || exit 1; done < {marked};'
            f" echo stopped: $(cut -d' ' -f1 {marked})"
        ),
        heal=where_marked(
            target,
            PIDS,
            f"{_STARTED}; while read -r p when; do"
            f' [ "$(started $p)" != "$when" ] || kill -CONT $p 2>/dev/null || :; done < {marked}',
        ),
        available=_moving(target),
    )


def _signal(target: Target, name: str, kind: Kind, signal: str) -> Fault:
    marked = path(target, PIDS)
    return Fault(
        name,
        kind,
        inject=(
            f"{_present(target)} && {mark_running(target, target.unit)} && {_mark_pids(target)} && kill -{signal} $pids"
        ),
        proof=(
            f"{_STARTED}; {_STATE}; for n in $(seq 200); do left=; while read -r p when; do"
            ' case "$(state $p)" in ""|Z|X) ;; *) [ "$(started $p)" != "$when" ] || left=$p;; esac;'
            f" done < {marked}; [ -n \"$left\" ] || {{ echo ended: $(cut -d' ' -f1 {marked}); exit 0; }};"
            ' sleep 0.05; done; echo "$left still runs"; false'
        ),
        heal=start_marked(target),
        available=_present(target),
        lasts=False,
        ends=True,
    )


def _mark_pids(target: Target) -> str:
    return f'{{ {_STARTED}; for p in $pids; do echo "$p $(started $p)"; done > {path(target, PIDS)}; }}'


def _pids(target: Target) -> str:
    """Processes of that command line in the container's cgroup only: another container may run the same program."""
    return (
        f"main=$(docker inspect --format '{{{{.State.Pid}}}}' {target.container});"
        " group=$(cut -d: -f3 /proc/$main/cgroup | sort | tail -1);"
        f" pids=$(for p in $(pgrep -f '{target.process}'); do"
        ' [ "$p" = $$ ] || ! grep -qsF "$group" /proc/$p/cgroup || echo $p; done)'
    )


def _present(target: Target) -> str:
    if not target.process:
        return "{ echo 'the service has no process of its own to signal'; false; }"
    return f"{{ {_pids(target)}; [ -n \"$pids\" ] || {{ echo 'no process {target.process} runs'; false; }}; }}"


def _moving(target: Target) -> str:
    """As _present, and none of the processes stands still."""
    return (
        f"{_present(target)} && {{ {_STATE}; for p in $pids; do"
        f' [ "$(state $p)" != T ] || {{ echo "process {target.process} ($p) is stopped already, by somebody else";'
        " exit 1; }; done; }"
    )
