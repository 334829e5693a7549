"""What clients of the data services need that run in pods: a bucket, and time to begin."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hadrill.inventory import Inventory
from hadrill.services.asking import failures
from hadrill.services.kubernetes import backends
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.minio import buckets
from hadrill.services.minio.service import Minio

BUCKETS = "hadrill-pods-"


@contextmanager
def bucket_for(inventory: Inventory, drill: str, say: Callable[[str], None], *, wanted: bool) -> Iterator[str]:
    """A bucket of MinIO's for the pods, which goes again with what is in it. A drill of MinIO removes only its own.

    A MinIO that refuses to remove it is no end of the loss: `say` is told, and the next loss removes it.
    """
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
        try:
            buckets.remove(client, name)
        except failures() as error:
            say(f"bucket {name} is still there: {error}")


def clients_missing(service: Kubernetes, drill: str) -> Callable[[], str | None]:
    """A condition: every node's pod has told of its first round."""
    wanted = {host.name for host in service.members}

    def missing() -> str | None:
        heard = {turn.node for turn in backends.rounds(service.api(), drill, 0.0)}
        return f"nothing from {', '.join(sorted(wanted - heard))}" if wanted - heard else None

    return missing
