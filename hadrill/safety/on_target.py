"""What lies on a target before it is broken: the program that undoes the fault, and a timer that runs it.

Everything is below /var/lib/hadrill-drills: one folder a drill, which is gone when its fault is.
"""

from hadrill.inventory import Host
from hadrill.remote import Output, Remote

ROOT = "/var/lib/hadrill-drills"
HEAL_SECONDS = 90.0
_LOCKED = f"exec 9>{ROOT}/.heal.lock; flock 9"


def folder(drill: str) -> str:
    """A drill's own folder on its target."""
    return f"{ROOT}/{drill}"


def arm(remote: Remote, host: Host, drill: str, what: str, heal: str, seconds: float) -> None:
    """Write the healing program and start its timer. Raises RemoteError, and then nothing is armed."""
    own = folder(drill)
    program = (
        "#!/bin/sh\n"
        f"# Written by hadrill before it broke this host: undoes {what}. Running it twice is the same as once.\n"
        f"{_LOCKED}\n"
        f"[ -d {own} ] || exit 0\n"
        # What it starts must not keep the lock.
        f"{{\n{heal}\n}} 9>&- || exit 1\n"
        f"rm -rf {own}\n"
    )
    timer = f"systemd-run --quiet --unit=hadrill-heal-{drill} --on-active={seconds:.1f}s"
    remote.run(
        host,
        f"set -e; mkdir -p -m 700 {ROOT} {own}; cat > {own}/heal; sync {own}/heal;"
        f" {timer} --timer-property=AccuracySec=100ms /bin/sh {own}/heal",
        stdin=program,
    )


def inject(remote: Remote, host: Host, drill: str, program: str) -> Output:
    """Run an injection where the healing program still lies, and never beside it. Raises UnreachableError.

    A runner that died meanwhile is healed for at once: what it had begun must not be made after that.
    """
    armed = f"[ -e {folder(drill)}/heal ] || {{ echo 'it was healed before it was made' >&2; exit 1; }}"
    return remote.attempt(host, f"{_LOCKED}; {armed}\n{{\n{program}\n}} 9>&-")


def disarm_and_heal(remote: Remote, host: Host, drill: str) -> None:
    """Run the healing program where it still lies, and end its timer. Raises RemoteError."""
    own = folder(drill)
    remote.run(
        host,
        f"! [ -e {own}/heal ] || sh {own}/heal || exit 1; rm -rf {own};"
        f" systemctl stop hadrill-heal-{drill}.timer 2>/dev/null;"
        f" systemctl reset-failed 'hadrill-heal-{drill}.*' 2>/dev/null; :",
        seconds=HEAL_SECONDS,
    )


def left_on(remote: Remote, host: Host) -> list[str]:
    """Drills whose traces lie on a host, and nft tables of drills, told by their twelve digits. Raises RemoteError."""
    listed = remote.run(
        host,
        f'for f in {ROOT}/*/heal; do [ -e "$f" ] && basename $(dirname "$f"); done;'
        " nft list tables 2>/dev/null | sed -n 's/^table inet hadrill_\\([0-9a-f]\\{12\\}\\)$/table \\1/p'; :",
    ).stdout
    return listed.split("\n")[:-1] if listed else []
