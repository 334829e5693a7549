"""PUT and GET at the entry point."""

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from hadrill.inventory import Host
from hadrill.services.minio import buckets
from hadrill.services.minio.service import PORT, Minio
from hadrill.services.place import Place
from hadrill.timing import Deadline, OverdueError, eventually
from hadrill.workload import Answer, History, Lane, WentBackError

SEED = "seed"
BODY_BYTES = 1024
S3_SECONDS = 15.0
"""S3 clients wait for a minute by default: with a node cut off, MinIO takes 10 s to read what has a part there."""
SETTLE_SECONDS = 30.0
"""Nodes try a peer that was away again after up to 30 s, whatever the health pages say meanwhile. If the third node
stops before that, they answer NoSuchKey for what was acknowledged just now (seen with 27 s, 370 times in 10 s)."""
READ_BACK = 30
"""How many objects are read in full through each node, at most; all are compared by their listed checksum."""


def bucket_of(experiment: str) -> str:
    """The experiment's bucket."""
    return f"hadrill-drill-{experiment}"


def body_of(key: str) -> bytes:
    """An object's content follows from its key, so that damage shows."""
    return (key * (BODY_BYTES // len(key) + 1)).encode()[:BODY_BYTES]


@dataclass
class Newest:
    """The object that was acknowledged last: readers get that one."""

    key: str = SEED


def lanes(service: Minio, bucket: str) -> Sequence[Lane]:
    """Putting and getting. Building a client is slow in this library, so each kind of connection has one for all."""
    newest = Newest()
    clients = {
        kind: service.client(service.entry_point, seconds=S3_SECONDS, keep=kind == "pooled")
        for kind in ("new", "pooled")
    }
    return [
        Lane(kind, connection, PORT, partial(MinioClient, client, bucket, newest), refused, S3_SECONDS)
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
        """Do nothing: the library has deadlines of its own."""

    def close(self) -> None:
        """Do nothing: no connection is kept."""


class MinioPlace(Place):
    """A bucket, with an object for the readers."""

    def __init__(self, service: Minio, name: str) -> None:
        self._minio, self._bucket = service, bucket_of(name)
        self._unlisted = Counter[Host]()  # objects that a node has and did not list when it was read back

    @property
    def lanes(self) -> Sequence[Lane]:
        """Putting and getting, over new and kept connections."""
        return lanes(self._minio, self._bucket)

    @property
    def readers(self) -> tuple[Host, ...]:
        """Every node."""
        return self._minio.members

    def make(self) -> None:
        """Make the bucket anew."""
        client = self._minio.client(self._minio.entry_point)
        buckets.make_anew(client, bucket_of(""), self._bucket)
        client.put_object(Bucket=self._bucket, Key=SEED, Body=body_of(SEED))

    def found(self, host: Host, acknowledged: set[str], history: History) -> set[str]:
        """Objects that a node lists with the right checksum; some, not those of its peers, are read in full.

        Those that it does not list are read in full too, as long as nodes may not try one another again: MinIO leaves
        out of a listing, without an error, what it finds on too few drives (listPath in its cmd/metacache-set.go).
        """
        client = self._minio.client(host.address)
        listed: set[str] = set()
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket):
            for item in page.get("Contents", []):
                expected = hashlib.md5(body_of(item["Key"]), usedforsecurity=False).hexdigest()
                if item["ETag"].strip('"') == expected:
                    listed.add(item["Key"])
        unlisted = sorted(acknowledged - listed)
        sample = [*unlisted, *sampled(acknowledged & listed, self._minio.members.index(host))]
        deadline = Deadline(SETTLE_SECONDS)

        def readable(key: str) -> bool:
            try:
                eventually(f"{key} on {host}", lambda: _unread(client, self._bucket, key), deadline)
            except OverdueError:
                return False
            return True

        with ThreadPoolExecutor(max_workers=4) as pool:
            read = {key for key, good in zip(sample, pool.map(readable, sample), strict=True) if good}
        self._unlisted[host] = len(read.intersection(unlisted))
        return listed - set(sample) | read

    def clean(self) -> None:
        """Remove the bucket."""
        buckets.remove(self._minio.client(self._minio.entry_point), self._bucket)

    def remarks(self, history: History) -> list[str]:
        """How often an acknowledged object was said, or listed, not to be there."""
        unread = sum(operation.failure == NoQuorumError.__name__ for operation in history.operations())
        remarks = [
            f"{host} has {count} objects that it did not list" for host, count in self._unlisted.items() if count
        ]
        if unread:
            remarks.append(f"{unread} reads of acknowledged objects ended in NoSuchKey: counted as failed reads")
        return remarks


def sampled(keys: Collection[str], part: int) -> list[str]:
    """At most READ_BACK of the keys, spread over all of them; another part has others, where there are enough."""
    step = max(1, math.ceil(len(keys) / READ_BACK))
    return sorted(keys)[part % step :: step]


def _unread(client: Any, bucket: str, key: str) -> str | None:
    """None where an object is there, whole. A node that does not see a drive yet says that there is no such key."""
    try:
        whole = client.get_object(Bucket=bucket, Key=key)["Body"].read() == body_of(key)
    except client.exceptions.NoSuchKey:
        return "no such key"
    return None if whole else "other content"
