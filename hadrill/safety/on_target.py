"""What lies on a target before it is broken: the program that undoes the fault, and a timer that runs it.

Everything is below /var/lib/hadrill-drills: one folder for each experiment, which is removed when its fault is undone.
"""

from collections.abc import Iterable

from hadrill.inventory import Host
from hadrill.remote import Output, Remote, shell

ROOT = "/var/lib/hadrill-drills"
HEAL_SECONDS = 90.0
_LOCKED = f"exec 9>{ROOT}/.heal.lock; flock 9"
# $1 is the experiment's folder, $2 its timer, $3 the seconds until that runs.
_ARM = f"""
set -e; mkdir -p -m 700 {ROOT} "$1"; cat > "$1/heal"; sync "$1/heal"
systemd-run --quiet --unit="$2" --on-active="$3s" --timer-property=AccuracySec=100ms /bin/sh "$1/heal"
"""
_DISARM_AND_HEAL = """
! [ -e "$1/heal" ] || sh "$1/heal" || exit 1
rm -rf "$1"
systemctl stop "$2.timer" 2>/dev/null
systemctl reset-failed "$2.*" 2>/dev/null
:
"""
_LEFT = f"""
for f in {ROOT}/*/heal; do [ -e "$f" ] && basename "$(dirname "$f")"; done
nft list tables 2>/dev/null | sed -n 's/^table inet hadrill_\\([0-9a-f]\\{{12\\}}\\)$/table \\1/p'
:
"""
# $@ are experiments.
_TRACES = f"""
for d; do
  [ ! -e {ROOT}/"$d" ] || echo "folder $d"
  [ ! -e {ROOT}/leases/"$d" ] || echo "lease $d"
  ! systemctl is-active --quiet hadrill-heal-"$d".timer || echo "timer $d"
  ! nft list table inet hadrill_"$d" >/dev/null 2>&1 || echo "rules $d"
done
:
"""


def folder(experiment: str) -> str:
    """An experiment's own folder on its target."""
    return f"{ROOT}/{experiment}"


def timer(experiment: str) -> str:
    """The timer's unit on the target, which heals where nobody else does."""
    return f"hadrill-heal-{experiment}"


def arm(remote: Remote, host: Host, experiment: str, what: str, heal: str, seconds: float) -> None:
    """Write the healing program and start its timer. Raises RemoteError, and then nothing is armed."""
    own = shell.word(folder(experiment))
    title = " ".join(what.split())
    program = (
        "#!/bin/sh\n"
        f"# Written by hadrill before it broke this host: undoes {title}. Running it twice is the same as once.\n"
        f"{_LOCKED}\n"
        f"[ -d {own} ] || exit 0\n"
        # What it starts must not keep the lock.
        f"{{\n{heal}\n}} 9>&- || exit 1\n"
        f"rm -rf {own}\n"
    )
    remote.run(host, shell.script(_ARM, folder(experiment), timer(experiment), f"{seconds:.1f}"), stdin=program)


def inject(remote: Remote, host: Host, experiment: str, program: str) -> Output:
    """Run an injection where the healing program still lies, and never beside it. Raises UnreachableError.

    When a runner dies, its watchdog heals at once: an injection that the runner had begun must not happen after that.
    """
    heal = shell.word(f"{folder(experiment)}/heal")
    armed = f"[ -e {heal} ] || {{ echo 'it was healed before it was made' >&2; exit 1; }}"
    return remote.attempt(host, f"{_LOCKED}; {armed}\n{{\n{program}\n}} 9>&-")


def disarm_and_heal(remote: Remote, host: Host, experiment: str) -> None:
    """Run the healing program where it still lies, and end its timer. Raises RemoteError."""
    remote.run(host, shell.script(_DISARM_AND_HEAL, folder(experiment), timer(experiment)), seconds=HEAL_SECONDS)


def left_on(remote: Remote, host: Host) -> list[str]:
    """Experiments with a folder on a host, and nft tables of experiments (`table ID`). Raises RemoteError."""
    return remote.run(host, _LEFT).stdout.splitlines()


def traces_of(remote: Remote, host: Host, experiments: Iterable[str]) -> list[str]:
    """What of these experiments is still on a host: folders, leases, timers, tables of rules. Raises RemoteError."""
    return remote.run(host, shell.script(_TRACES, *experiments)).stdout.splitlines()
