"""Faults of one process in a container: SIGTERM, SIGKILL, SIGSTOP. Whoever supervises it may start it again."""

from hadrill.faults.fault import BLACKHOLE, RESTART, Fault, Target


def term(target: Target) -> Fault:
    """The process is asked to end."""
    return _signal(target, "process-term", RESTART, "TERM")


def kill(target: Target) -> Fault:
    """The process dies without a word; what it supervised may go on."""
    return _signal(target, "process-kill", RESTART, "KILL")


def stop(target: Target) -> Fault:
    """The process stands still until it is told to go on."""
    kept = f"/var/lib/hadrill-drills/{target.drill}/pids"
    return Fault(
        "process-stop",
        BLACKHOLE,
        inject=f"{_pids(target)}; echo $pids > {kept}; kill -STOP $pids",
        proof=(
            f"for p in $(cat {kept}); do grep -q '^State:.T' /proc/$p/status || exit 1; done;"
            f" echo stopped: $(cat {kept})"
        ),
        heal=f"for p in $(cat {kept} 2>/dev/null); do kill -CONT $p 2>/dev/null || :; done",
        available=_present(target),
    )


def _signal(target: Target, name: str, kind: str, signal: str) -> Fault:
    kept = f"/var/lib/hadrill-drills/{target.drill}/pids"
    return Fault(
        name,
        kind,
        inject=f"{_pids(target)}; echo $pids > {kept}; kill -{signal} $pids",
        proof=(
            f"for n in $(seq 200); do left=; for p in $(cat {kept}); do"
            " ! grep -qs '^State:.[^ZX]' /proc/$p/status || left=$p; done;"
            f' [ -n "$left" ] || {{ echo ended: $(cat {kept}); exit 0; }};'
            ' sleep 0.05; done; echo "$left still runs"; false'
        ),
        heal=f"systemctl start {target.unit}",
        available=_present(target),
        lasts=False,
        ends=True,
    )


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
        return "echo 'the service has no process of its own to signal'; false"
    return f"{_pids(target)}; [ -n \"$pids\" ] || {{ echo 'no process {target.process} runs'; false; }}"
