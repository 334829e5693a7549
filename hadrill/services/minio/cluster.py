"""Distributed MinIO, as drills see it."""

import hashlib
import math
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Probe, Watch
from hadrill.services.haproxy import statistics as haproxy
from hadrill.services.minio import buckets
from hadrill.services.minio.budget import minio_budget
from hadrill.services.minio.diagnosis import EXAMINATION
from hadrill.services.minio.probe import probe, survives_the_loss_of
from hadrill.services.minio.service import PORT, Minio
from hadrill.services.minio.workload import SEED, NoQuorumError, body_of, bucket_of, lanes
from hadrill.timing import Budget, Deadline, OverdueError, eventually
from hadrill.workload import History, Invariant, Lane

BACKEND = "be_minio"
SETTLE_SECONDS = 30.0
"""Nodes try a peer that was away again after up to 30 s, whatever the health pages say meanwhile. If the third node
stops before that, they answer NoSuchKey for what was acknowledged just now (seen with 27 s, 370 times in 10 s)."""
READ_BACK = 30
"""How many objects are read in full through each node, at most; all are compared by their listed checksum."""


class MinioCluster(Cluster):
    """Nodes of equal rank."""

    service = "minio"
    roles = ("node", "node")
    exempt: ClassVar[dict[Invariant, str]] = {Invariant.ONE_LEADER: "nodes are of equal rank"}
    peer_port = PORT
    look_seconds = 0.2
    rate_share = 0.5  # an object costs its nodes 20 ms of processor
    hand_over_note = "MinIO has no leader"

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.minio = Minio(inventory)
        self._unlisted: dict[Host, int] = {}  # objects that a node has and did not list at the last reading back
        self._whole_at = 0.0  # when a cluster that was seen apart counts as whole again

    @property
    def members(self) -> tuple[Host, ...]:
        """Nodes, one drive each."""
        return self.minio.members

    @property
    def shared(self) -> tuple[Host, ...]:
        """The proxies, unless the entry point is a single node."""
        return self.minio.proxies

    def probe(self, host: Host) -> Probe:
        """The node's health page."""
        return probe(host)

    def leader(self) -> Host:
        """The node that clients depend on: the entry point, where it is a single node."""
        return next(host for host in self.members if host.name == min(each.name for each in self.members))

    def role(self, host: Host) -> str:
        """All nodes are equal."""
        return self.roles[0]

    def unhealthy(self) -> str | None:
        """Every node says that the cluster would survive its loss, which it can say of a whole cluster only."""
        for host in self.members:
            if (reason := survives_the_loss_of(host)) is not None:
                self._whole_at = math.inf
                return f"{host}: {reason}"
        if self._whole_at == math.inf:
            self._whole_at = time.monotonic() + SETTLE_SECONDS
        if self._whole_at > time.monotonic():
            return "nodes that came back are still connecting to one another"
        try:
            return haproxy.unused(self.shared, BACKEND)
        except failures() as error:
            return str(error)

    def watches(self) -> Sequence[Watch]:
        """The proxies' servers."""
        return [haproxy.watch_all(host, BACKEND) for host in self.shared]

    def prepare(self, drill: str, leader: Host | None) -> None:
        """A bucket, and an object for the readers."""
        client = self.minio.client(self.minio.entry_point)
        buckets.make_anew(client, bucket_of(""), bucket_of(drill))
        client.put_object(Bucket=bucket_of(drill), Key=SEED, Body=body_of(SEED))

    def lanes(self, drill: str) -> Sequence[Lane]:
        """Putting and getting, over new and kept connections."""
        return lanes(self.minio, drill)

    def found(self, host: Host, drill: str, acknowledged: set[str], history: History) -> set[str]:
        """Objects that a node lists with the right checksum; some, not those of its peers, are read in full.

        Those that it does not list are read in full too, as long as nodes may not try one another again: MinIO leaves
        out of a listing, without an error, what it finds on too few drives (listPath in its cmd/metacache-set.go).
        """
        client = self.minio.client(host.address)
        found: set[str] = set()
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket_of(drill)):
            for item in page.get("Contents", []):
                expected = hashlib.md5(body_of(item["Key"]), usedforsecurity=False).hexdigest()
                if item["ETag"].strip('"') == expected:
                    found.add(item["Key"])
        unlisted = sorted(acknowledged - found)
        sample = [*unlisted, *sampled(acknowledged & found, self.members.index(host))]
        deadline = Deadline(SETTLE_SECONDS)

        def readable(key: str) -> bool:
            try:
                eventually(f"{key} on {host}", lambda: _unread(client, bucket_of(drill), key), deadline)
            except OverdueError:
                return False
            return True

        with ThreadPoolExecutor(max_workers=4) as pool:
            read = {key for key, good in zip(sample, pool.map(readable, sample), strict=True) if good}
        self._unlisted[host] = len(read.intersection(unlisted))
        return found - set(sample) | read

    def clean(self, drill: str) -> None:
        """Remove the bucket."""
        buckets.remove(self.minio.client(self.minio.entry_point), bucket_of(drill))

    def remarks(self, history: History) -> list[str]:
        """How often an acknowledged object was said, or listed, not to be there."""
        unread = sum(operation.failure == NoQuorumError.__name__ for operation in history.operations())
        remarks = [
            f"{host} has {count} objects that it did not list" for host, count in self._unlisted.items() if count
        ]
        if unread:
            remarks.append(f"{unread} reads of acknowledged objects ended in NoSuchKey: counted as failed reads")
        return remarks

    def budget(self, kind: Kind, role: str, settings: dict[str, str] | None = None) -> Budget:
        """From the proxies' live checks and MinIO's own timers."""
        return minio_budget(self.remote, self.members, self.shared, kind, self.multiplier)

    def weakness(self, host: Host) -> str:
        """One node as the entry point is what its loss costs."""
        if self.minio.behind_proxy or host.address != self.minio.entry_point:
            return ""
        return (
            f"clients reach MinIO through {host} alone (minio.entry: node in settings.yaml), so its loss is an outage"
        )

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """From every node's own words."""
        return EXAMINATION.diagnose(self.minio, self.remote, since_seconds=since_seconds, victim=victim)

    def port_of(self, role: str) -> int:
        """S3."""
        return PORT


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
