"""PUT and GET at the entry point."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from hadrill.services.minio.service import PORT, Minio
from hadrill.workload import Answer, Lane, WentBackError

SEED = "seed"
BODY_BYTES = 1024
S3_SECONDS = 15.0
"""S3 clients wait for a minute by default: with a node cut off, MinIO takes 10 s to read what has a part there."""


def bucket_of(drill: str) -> str:
    """The drill's bucket."""
    return f"hadrill-drill-{drill}"


def body_of(key: str) -> bytes:
    """An object's content follows from its key, so that damage shows."""
    return (key * (BODY_BYTES // len(key) + 1)).encode()[:BODY_BYTES]


@dataclass
class Newest:
    """The object that was acknowledged last: readers get that one."""

    key: str = SEED


def lanes(service: Minio, drill: str) -> Sequence[Lane]:
    """Putting and getting. Building a client is slow in this library, so each kind of connection has one for all."""
    newest = Newest()
    clients = {
        kind: service.client(service.entry_point, seconds=S3_SECONDS, keep=kind == "pooled")
        for kind in ("new", "pooled")
    }
    return [
        Lane(kind, connection, PORT, partial(MinioClient, client, bucket_of(drill), newest), refused, S3_SECONDS)
        for kind in ("write", "read")
        for connection, client in clients.items()
    ]


def refused(error: Exception) -> bool:
    """MinIO said no and why; a status of 500 or more may mean that some drives have the object."""
    return isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] < 500


class NoQuorumError(Exception):
    """A read of an acknowledged object found no quorum: MinIO says NoSuchKey then, as it does of what never was.

    Source: getObjectFileInfo in its cmd/erasure-object.go, while drives of a node that left or came back disagree.
    Whether the object is still missing at the end is seen when everything is read back.
    """


class MinioClient:
    """One use of a client; the connections behind it are the library's."""

    def __init__(self, client: Any, bucket: str, newest: Newest) -> None:
        self._client, self._bucket, self._newest = client, bucket, newest

    def write(self, key: str) -> Answer:
        """PUT."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body_of(key))
        self._newest.key = key
        return Answer()

    def read(self) -> Answer:
        """GET what was acknowledged last, in full."""
        key = self._newest.key
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            raise NoQuorumError(f"no object {key}, which was acknowledged") from None
        if body != body_of(key):
            raise WentBackError(f"{key} has other content than what was acknowledged")
        return Answer()

    def abort(self) -> None:
        """The library's own deadlines are set."""

    def close(self) -> None:
        """Nothing is held."""
