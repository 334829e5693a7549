"""Buckets that come and go with a drill."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hadrill.inventory import Inventory
from hadrill.services.asking import failures
from hadrill.services.minio.service import Minio

OF_PODS = "hadrill-pods-"


def remove(client: Any, bucket: str) -> None:
    """With MinIO's own header the bucket goes with all that is in it, at once."""
    client.meta.events.register("before-sign.s3.DeleteBucket", _force)
    client.delete_bucket(Bucket=bucket)


def make_anew(client: Any, prefix: str, bucket: str) -> None:
    """A bucket; those of the prefix that a killed run left go first."""
    for listed in client.list_buckets().get("Buckets", []):
        if listed["Name"].startswith(prefix):
            remove(client, listed["Name"])
    client.create_bucket(Bucket=bucket)


@contextmanager
def for_pods(inventory: Inventory, drill: str, say: Callable[[str], None]) -> Iterator[dict[str, str]]:
    """A bucket for the pods, which goes again with what is in it. A drill of MinIO removes only its own.

    A MinIO that refuses to remove it is no end of the drill: `say` is told, and the next one removes it.
    """
    service, name = Minio(inventory), f"{OF_PODS}{drill}"
    client = service.client(service.entry_point)
    make_anew(client, OF_PODS, name)
    try:
        yield {"bucket": name}
    finally:
        try:
            remove(client, name)
        except failures() as error:
            say(f"bucket {name} is still there: {error}")


def _force(request: Any, **_: Any) -> None:
    request.headers["x-minio-force-delete"] = "true"
