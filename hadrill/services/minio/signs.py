"""How the causes look in the facts: each function returns the lines that show one, and none where it is not there.

Signatures are MinIO's health pages and the words of its log.
"""

from collections.abc import Iterator

from hadrill.services.minio.drive import NAME
from hadrill.services.minio.facts import MinioFacts
from hadrill.services.minio.workload import S3_SECONDS
from hadrill.services.placing import placed_in

FULL_MIB = 64
"""MinIO itself stops writing to a drive with little left."""


def credentials(view: MinioFacts) -> Iterator[str]:
    """Nodes that refuse each other's tokens."""
    words = "auth token|authentication.*fail|signature (does not|is invalid)|credentials? (mismatch|are different)"
    if _apart(view):
        for host in view.hosts:
            yield from view.log(host, "log", f"(?i){words}")


def configuration(view: MinioFacts) -> Iterator[str]:
    """Nodes that were started differently."""
    if _apart(view):
        for host in view.hosts:
            yield from view.log(host, "log", "(?i)has incorrect configuration|expected '.*' environment")


def _apart(view: MinioFacts) -> bool:
    """Whether what a log says can be about now: it is soon after a fault, or a node does not see its cluster."""
    return not view.before or any(view.status(host, "cluster") != "200" for host in view.hosts)


def drive_of(view: MinioFacts) -> str:
    """The folder of the drive."""
    return placed_in(view.service.inventory, "minio", "minio").data


def full(view: MinioFacts) -> Iterator[str]:
    """Drives without room."""
    for host, drive in view.drives.items():
        if drive.free < FULL_MIB:
            yield f"{host}: {drive_of(view)} is {drive.percent}% full, {drive.free} MiB left"


def frozen(view: MinioFacts) -> Iterator[str]:
    """A node that takes connections and answers none, and others that wait for it longer than their clients do."""
    silent = [host for host in view.asked if host in view.names and view.answer(host, "live").error == "silent"]
    serving = [host for host in view.hosts if view.status(host, "live") == "200"]
    patient = [host for host in serving if view.waits(host) >= S3_SECONDS]
    if not (silent and patient):
        return
    yield from (f"{host}: takes connections on its port and answers none" for host in silent)
    for host in patient:
        yield f"{host}: a GET waits {view.waits(host):.0f} s for it ({NAME}), clients {S3_SECONDS:.0f} s"


def no_quorum(view: MinioFacts) -> Iterator[str]:
    """Nodes that see too few drives to write."""
    for host in view.hosts:
        status = view.status(host, "cluster")
        if view.status(host, "live") == "200" and status and status != "200":
            yield f"{host}: /minio/health/cluster says {status}"


def stopped(view: MinioFacts) -> Iterator[str]:
    """Nodes that do not serve."""
    for host in view.hosts:
        if view.status(host, "live") != "200":
            yield f"{host}: /minio/health/live says {view.status(host, 'live') or view.answer(host, 'live').error}"
