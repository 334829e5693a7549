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
COMMAND = (
    "said=$(docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' minio) || exit 1;"
    f' echo "$said" | grep ^{NAME}= || :'
)
"""Prints the container's own setting, nothing where it has none; fails where there is no container."""
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def seconds_of(said: str) -> float:
    """Seconds, from what COMMAND printed."""
    found = re.fullmatch(rf"{NAME}=(\d+(?:\.\d+)?)(ms|s|m)", said.strip())
    seconds = float(found[1]) * UNITS[found[2]] if found else USUAL_SECONDS
    return seconds if seconds > LEAST_SECONDS else USUAL_SECONDS


def drive_timeout(remote: Remote, members: Sequence[Host]) -> tuple[float, str]:
    """Seconds, and where they are from: the first member that tells. Raises RemoteError where none does."""
    for host in members:
        try:
            said = remote.run(host, COMMAND).stdout
        except RemoteError:
            if host == members[-1]:
                raise
            continue
        return seconds_of(said), f"{NAME}, live, {host}" if said else f"MinIO's own drive timeout, {host}"
    raise LookupError("no member of MinIO to ask for its drive timeout")
