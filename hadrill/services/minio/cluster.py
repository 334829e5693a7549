"""Distributed MinIO, as drills see it."""

import math
import time
from collections.abc import Mapping, Sequence

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Traits
from hadrill.services.guarded import Foreign
from hadrill.services.member import Probe, Watch
from hadrill.services.minio import holdings
from hadrill.services.minio.budget import minio_budget
from hadrill.services.minio.diagnosis import EXAMINATION
from hadrill.services.minio.probe import probe, why_not_whole_without
from hadrill.services.minio.service import PORT, Minio
from hadrill.services.minio.workload import SETTLE_SECONDS, MinioPlace
from hadrill.timing import Budget
from hadrill.workload import Invariant


class MinioCluster(Cluster):
    """Nodes of equal rank."""

    service = "minio"
    traits = Traits(
        peer_port=PORT,
        look_seconds=0.2,
        rate_share=0.5,  # an object costs its nodes 20 ms of processor
        exempt={Invariant.ONE_LEADER: "nodes are of equal rank"},
        why_no_switchover="MinIO has no leader",
    )

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.minio = Minio(inventory)
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
        return probe(self.minio, host)

    def target(self, role: str) -> Host:
        """The node that clients depend on, where the entry point is a single node; else the first."""
        return next((host for host in self.members if host.address == self.minio.entry_point), self.members[0])

    def why_not_healthy(self) -> str | None:
        """Why a node does not say that the cluster would survive its loss: it says so only of a whole cluster."""
        for host in self.members:
            if (reason := why_not_whole_without(self.minio, host)) is not None:
                self._whole_at = math.inf
                return f"{host}: {reason}"
        if self._whole_at == math.inf:
            self._whole_at = time.monotonic() + SETTLE_SECONDS
        if self._whole_at > time.monotonic():
            return "nodes that came back are still connecting to one another"
        try:
            return self.minio.front.why_not_all_used(self.shared, self.minio.backend)
        except failures() as error:
            return str(error)

    def watches(self) -> Sequence[Watch]:
        """The proxies' servers."""
        return [self.minio.front.watch_all(host, self.minio.backend) for host in self.shared]

    def place(self, name: str, leader: Host | None = None) -> MinioPlace:
        """A bucket of the experiment's own."""
        return MinioPlace(self.minio, name)

    def budget(self, kind: Kind, role: str, settings: Mapping[str, str] | None = None) -> Budget:
        """From the proxies' live checks and MinIO's own timers."""
        return minio_budget(self.minio, self.remote, kind, self.multiplier)

    def weakness(self, host: Host) -> str:
        """Clients that reach MinIO through this node alone lose it with the node."""
        if self.minio.behind_proxy or host.address != self.minio.entry_point:
            return ""
        return (
            f"clients reach MinIO through {host} alone (minio.entry: node in settings.yaml), so its loss is an outage"
        )

    def why_not_survives(self, host: Host, role: str, back: str) -> str:
        """Every object that was taken is on a majority's drives, which a process that ends does not touch."""
        return ""

    def foreign(self, host: Host) -> Foreign:
        """Objects."""
        return holdings.foreign(self.minio, host)

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """Ask every node, and name causes."""
        return EXAMINATION.diagnose(self.minio, self.remote, since_seconds=since_seconds, victim=victim)
