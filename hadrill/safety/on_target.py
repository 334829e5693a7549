"""What lies on a target before it is broken: the program that undoes the fault, and a timer that runs it.

Everything is below /var/lib/hadrill-drills: one folder a drill, which is gone when its fault is.
"""

from hadrill.inventory import Host
from hadrill.remote import Remote

ROOT = "/var/lib/hadrill-drills"
HEAL_SECONDS = 90.0


def arm(remote: Remote, host: Host, drill: str, what: str, heal: str, seconds: float) -> None:
    """Write the healing program and start its timer. Raises RemoteError, and then nothing is armed."""
    folder = f"{ROOT}/{drill}"
    program = (
        "#!/bin/sh\n"
        f"# Written by hadrill before it broke this host: undoes {what}. Running it twice is the same as once.\n"
        f"exec 9>{ROOT}/.heal.lock; flock 9\n"
        f"[ -d {folder} ] || exit 0\n"
        f"{heal} || exit 1\n"
        f"rm -rf {folder}\n"
    )
    timer = f"systemd-run --quiet --unit=hadrill-heal-{drill} --on-active={seconds:.1f}s"
    remote.run(
        host,
        f"set -e; mkdir -p -m 700 {ROOT} {folder}; cat > {folder}/heal; sync {folder}/heal;"
        f" {timer} --timer-property=AccuracySec=100ms /bin/sh {folder}/heal",
        stdin=program,
    )


def disarm_and_heal(remote: Remote, host: Host, drill: str) -> None:
    """Run the healing program where it still lies, and end its timer. Raises RemoteError."""
    folder = f"{ROOT}/{drill}"
    remote.run(
        host,
        f"! [ -e {folder}/heal ] || sh {folder}/heal || exit 1; rm -rf {folder};"
        f" systemctl stop hadrill-heal-{drill}.timer 2>/dev/null;"
        f" systemctl reset-failed 'hadrill-heal-{drill}.*' 2>/dev/null; :",
        seconds=HEAL_SECONDS,
    )


def left_on(remote: Remote, host: Host) -> list[str]:
    """Drills whose traces lie on a host, and nft tables of drills. Raises RemoteError."""
    listed = remote.run(
        host,
        f'for f in {ROOT}/*/heal; do [ -e "$f" ] && basename $(dirname "$f"); done;'
        " nft list tables 2>/dev/null | sed -n 's/^table inet hadrill_/table /p'; :",
    ).stdout
    return listed.split("\n")[:-1] if listed else []
