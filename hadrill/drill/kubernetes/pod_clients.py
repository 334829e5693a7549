"""What clients of the data services need that run in pods: a bucket, and time to begin."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hadrill.inventory import Inventory
from hadrill.services.kubernetes import Kubernetes, backends
from hadrill.services.minio import Minio, buckets

BUCKETS = "hadrill-pods-"


@contextmanager
def bucket_for(inventory: Inventory, drill: str, *, wanted: bool) -> Iterator[str]:
    """A bucket of MinIO's for the pods, which goes again with what is in it. A drill of MinIO removes only its own."""
    name = f"{BUCKETS}{drill}"
    if not wanted:
        yield name
        return
    minio = Minio(inventory)
    client = minio.client(minio.entry_point)
    buckets.make_anew(client, BUCKETS, name)
    try:
        yield name
    finally:
        buckets.remove(client, name)


def clients_missing(service: Kubernetes, drill: str) -> Callable[[], str | None]:
    """A condition: every node's pod has told of its first round."""
    wanted = {host.name for host in service.members}

    def missing() -> str | None:
        said = {each.node for each in backends.rounds(service.api(), drill, 0.0)}
        return f"nothing from {', '.join(sorted(wanted - said))}" if wanted - said else None

    return missing
