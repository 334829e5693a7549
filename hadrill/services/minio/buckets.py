"""Buckets that come and go with a drill."""

from typing import Any


def remove(client: Any, bucket: str) -> None:
    """With MinIO's own header the bucket goes with all that is in it, at once."""
    client.meta.events.register("before-sign.s3.DeleteBucket", _force)
    client.delete_bucket(Bucket=bucket)


def make_anew(client: Any, prefix: str, bucket: str) -> None:
    """A bucket; those of the prefix that a killed run left go first."""
    for each in client.list_buckets().get("Buckets", []):
        if each["Name"].startswith(prefix):
            remove(client, each["Name"])
    client.create_bucket(Bucket=bucket)


def _force(request: Any, **_: Any) -> None:
    request.headers["x-minio-force-delete"] = "true"
