"""What is true of a healthy MinIO, asked of every node."""

import hashlib
import uuid
from typing import Any

from hadrill.inventory import Host
from hadrill.services.asking import ask, failures
from hadrill.services.finding import CheckFailedError, Finding, require
from hadrill.services.minio.service import PORT, Minio

BUCKET_PREFIX = "hadrill-check-"
OBJECT_BYTES = 65536


def objects(service: Minio) -> None:
    """An object that is put through each node is got through every node with the same checksum."""
    # Building a client is slow in this library and not safe in threads; using one is.
    clients = {host: service.client(host.address) for host in service.members}
    alive, findings = ask(
        service.members,
        lambda host: bool(clients[host].list_buckets()),
        service.inventory.port(PORT),
        "to list buckets",
    )
    if not alive:
        raise CheckFailedError(findings)
    bucket = BUCKET_PREFIX + uuid.uuid4().hex[:12]
    first = clients[next(iter(alive))]
    try:
        first.create_bucket(Bucket=bucket)
        try:
            findings += _round(clients, list(alive), bucket, service.inventory.port(PORT))
        finally:
            _remove(first, bucket)
    except failures() as error:
        if not findings:
            cause = "the write quorum is lost, or a drive is full"
            findings = [Finding("the cluster", "a bucket to be created and removed", str(error), cause)]
    require(findings)


ALL = (objects,)
"""Every check of this service, in the order of the report."""


def _round(clients: dict[Host, Any], hosts: list[Host], bucket: str, port: int) -> list[Finding]:
    bodies = {host: hashlib.shake_256(f"{bucket}{host}".encode()).digest(OBJECT_BYTES) for host in hosts}
    put, findings = ask(
        hosts,
        lambda host: bool(clients[host].put_object(Bucket=bucket, Key=host.name, Body=bodies[host])),
        port,
        "an object to be put",
    )

    def read_all(host: Host) -> bool:
        for source in put:
            body = clients[host].get_object(Bucket=bucket, Key=source.name)["Body"].read()
            if body != bodies[source]:
                actual = f"{len(body)} other bytes"
                raise CheckFailedError(
                    [Finding(host.name, f"the object put through {source}", actual, "a damaged drive")]
                )
        return True

    _, unread = ask(hosts, read_all, port, "every object to be read")
    return findings + unread


def _remove(client: Any, bucket: str) -> None:
    for item in client.list_objects_v2(Bucket=bucket).get("Contents", []):
        client.delete_object(Bucket=bucket, Key=item["Key"])
    client.delete_bucket(Bucket=bucket)
