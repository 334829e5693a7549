"""Buckets that are made for an experiment and removed after it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hadrill.inventory import Inventory
from hadrill.services.asking import failures
from hadrill.services.minio.service import Minio

OF_PODS = "hadrill-pods-"


def remove(client: Any, bucket: str) -> None:
    """Remove a bucket with all that is in it, at once, by MinIO's own header."""
    client.meta.events.register("before-sign.s3.DeleteBucket", _force)
    client.delete_bucket(Bucket=bucket)


def make_anew(client: Any, prefix: str, bucket: str) -> None:
    """Make a bucket, after removing those with the same prefix that a killed run left."""
    for listed in client.list_buckets().get("Buckets", []):
        if listed["Name"].startswith(prefix):
            remove(client, listed["Name"])
    client.create_bucket(Bucket=bucket)


@contextmanager
def for_pods(inventory: Inventory, experiment: str, say: Callable[[str], None]) -> Iterator[dict[str, str]]:
    """A bucket for the pods, which is removed at the end with what is in it. MinIO's own experiments have others.

    Where MinIO refuses to remove it the experiment goes on: `say` is told, and the next experiment removes it.
    """
    service, name = Minio(inventory), f"{OF_PODS}{experiment}"
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
