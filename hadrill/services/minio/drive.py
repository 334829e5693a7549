"""How long MinIO waits for a drive that does not answer.

A GET asks every drive of its object and waits for all of them, each time anew: a node that takes connections and never
answers does not count as offline.
Source: getObjectFileInfo in its cmd/erasure-object.go, ReadXL in cmd/storage-rest-client.go, internal/config/drive.
"""

import re
from collections.abc import Sequence

from hadrill.inventory import Host
from hadrill.remote import Remote, RemoteError

NAME = "MINIO_DRIVE_MAX_TIMEOUT"
USUAL_SECONDS = 30.0
LEAST_SECONDS = 1.0
"""MinIO takes its usual time instead of so little."""
COMMAND = f"docker inspect --format '{{{{range .Config.Env}}}}{{{{println .}}}}{{{{end}}}}' minio | grep ^{NAME}= || :"
"""Prints the container's own setting; nothing where there is none."""
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def seconds_of(said: str) -> float:
    """Seconds, from what COMMAND printed."""
    found = re.fullmatch(rf"{NAME}=(\d+(?:\.\d+)?)(ms|s|m)", said.strip())
    seconds = float(found[1]) * UNITS[found[2]] if found else USUAL_SECONDS
    return seconds if seconds > LEAST_SECONDS else USUAL_SECONDS


def drive_timeout(remote: Remote, members: Sequence[Host]) -> tuple[float, str]:
    """Seconds, and the first member that tells them. Raises RemoteError where none does."""
    for host in members[:-1]:
        try:
            return seconds_of(remote.run(host, COMMAND).stdout), host.name
        except RemoteError:
            continue
    return seconds_of(remote.run(members[-1], COMMAND).stdout), members[-1].name
