"""How long MinIO waits for a drive that does not answer.

A GET asks every drive of its object and waits for all of them, each time anew: a node that takes connections and never
answers does not count as offline.
Source: getObjectFileInfo in its cmd/erasure-object.go, ReadXL in cmd/storage-rest-client.go, internal/config/drive.
"""

from collections.abc import Sequence

from hadrill.inventory import Host
from hadrill.placement import Placement
from hadrill.remote import Remote, RemoteError
from hadrill.services.errors import NoMemberError
from hadrill.timing import duration

NAME = "MINIO_DRIVE_MAX_TIMEOUT"
USUAL_SECONDS = 30.0
LEAST_SECONDS = 1.0
"""For this time or less MinIO takes its usual time instead."""


def command(minio: Placement) -> str:
    """Print MinIO's own setting, nothing where it has none; fail where it does not run."""
    return f'environment=$({minio.environment}) || exit 1; echo "$environment" | grep ^{NAME}= || :'


def seconds_of(printed: str) -> float:
    """Seconds, from what command() printed. MinIO takes its usual time for what it cannot read, and for too little."""
    try:
        seconds = duration(printed.strip().removeprefix(f"{NAME}="))
    except ValueError:
        return USUAL_SECONDS
    return seconds if seconds > LEAST_SECONDS else USUAL_SECONDS


def drive_timeout(minio: Placement, remote: Remote, members: Sequence[Host]) -> tuple[float, str]:
    """Seconds, and where they are from: the first member that tells. Raises RemoteError where none does."""
    for host in members:
        try:
            printed = remote.run(host, command(minio)).stdout
        except RemoteError:
            if host == members[-1]:
                raise
            continue
        return seconds_of(printed), f"{NAME}, live, {host}" if printed else f"MinIO's own drive timeout, {host}"
    raise NoMemberError("no member of MinIO to ask for its drive timeout")
