"""MinIO's health pages. Source: MinIO's documentation of /minio/health."""

from hadrill.inventory import Host
from hadrill.services.http import OK, Pages, get
from hadrill.services.member import SILENT, Member, Probe
from hadrill.services.minio.service import PORT, Minio

ASK_SECONDS = 1.0
PLANNED_SECONDS = 5.0


def probe(service: Minio, host: Host) -> Probe:
    """A node that answers and has its write quorum, over a connection that is kept."""
    pages = Pages(host.address, service.inventory.port(PORT), ASK_SECONDS)

    def ask() -> Member:
        try:
            page = pages.ask("/minio/health/cluster")
        except OSError:
            return SILENT
        return Member("node") if page.status == OK else Member("no quorum", away=True)

    return ask


def why_not_whole_without(service: Minio, host: Host) -> str | None:
    """Why the cluster would not keep its quorum without this node; None where it would."""
    try:
        status = get(
            host.address, service.inventory.port(PORT), "/minio/health/cluster?maintenance=true", PLANNED_SECONDS
        ).status
    except OSError as error:
        return f"no answer: {error}"
    return None if status == OK else f"a drive is missing somewhere: health/cluster?maintenance=true says {status}"
