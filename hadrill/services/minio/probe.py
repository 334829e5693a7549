"""MinIO's health pages. Source: MinIO's documentation of /minio/health."""

import http.client

from hadrill.inventory import Host
from hadrill.services.cluster import SILENT, Member, Probe
from hadrill.services.minio.service import PORT

ASK_SECONDS = 1.0
PLANNED_SECONDS = 5.0


def probe(host: Host) -> Probe:
    """A node that answers and has its write quorum, over a connection that is kept."""
    connection = http.client.HTTPConnection(host.address, PORT, timeout=ASK_SECONDS)

    def ask() -> Member:
        try:
            connection.request("GET", "/minio/health/cluster")
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return SILENT
        return Member("node" if answer.status == 200 else "no quorum")

    return ask


def survives_the_loss_of(host: Host) -> str | None:
    """None where the cluster would keep its quorum without this node, otherwise why not."""
    connection = http.client.HTTPConnection(host.address, PORT, timeout=PLANNED_SECONDS)
    try:
        connection.request("GET", "/minio/health/cluster?maintenance=true")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}"
    finally:
        connection.close()
    return None if status == 200 else f"a drive is missing somewhere: health/cluster?maintenance=true says {status}"
