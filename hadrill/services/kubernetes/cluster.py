"""Kubernetes, as drills see it."""

from collections.abc import Mapping, Sequence

from hadrill.diagnosis import Diagnosis
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.abilities import Electorate
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Traits
from hadrill.services.errors import named
from hadrill.services.finding import CheckFailedError
from hadrill.services.kubernetes import checks, etcd
from hadrill.services.kubernetes.budget import api_budget, rescheduled_budget, timers_of
from hadrill.services.kubernetes.diagnosis import EXAMINATION
from hadrill.services.kubernetes.facts import API, told_by_api
from hadrill.services.kubernetes.probe import holder, probe, watch_leaders, watch_nodes
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.kubernetes.workload import PAGES, KubernetesPlace
from hadrill.services.member import Probe, Watch
from hadrill.timing import Budget
from hadrill.workload import Invariant

KUBELET_PORT = 10250


class KubernetesCluster(Cluster):
    """Servers vote in etcd; agents carry pods. The `leader` is the server whose controller manager leads."""

    service = "kubernetes"
    traits = Traits(
        peer_port=KUBELET_PORT,
        restarted_by="reboot",
        look_seconds=0.2,
        rate_share=0.25,  # a TLS connection costs both sides more than the question; every write is on three disks
        goes_on=(PAGES,),
        exempt={
            Invariant.ONE_LEADER: "every API server takes writes, and etcd puts them in order",
            Invariant.NEVER_BACK: "clients read an object that never changes",
        },
        why_no_switchover="components choose their leaders themselves",
    )

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        super().__init__(inventory, remote)
        self.kubernetes = Kubernetes(inventory)

    @property
    def members(self) -> tuple[Host, ...]:
        """Servers and agents."""
        return self.kubernetes.members

    @property
    def shared(self) -> tuple[Host, ...]:
        """No host but its own."""
        return ()

    def probe(self, host: Host) -> Probe:
        """Its own API, or its own ingress."""
        return probe(self.kubernetes, host)

    def leader(self) -> Host:
        """The server whose controller manager leads."""
        return named(self.kubernetes.servers, holder(self.kubernetes.api()), "the controller managers' lease")

    def target(self, role: str) -> Host:
        """A node in that role now; a `server` leads nothing in etcd either, as only one of three may be meant."""
        first = super().target(role)
        if role != "server" or not self.leads_etcd(first):
            return first
        leader = self.leader()
        return next((host for host in self.kubernetes.servers if host not in (leader, first)), first)

    def electorate(self, host: Host) -> Electorate:
        """Servers hold etcd together; agents stand in for one another, so one of them is enough."""
        if host in self.kubernetes.agents:
            return Electorate(dict.fromkeys(self.kubernetes.agents, 1), 1)
        servers = self.kubernetes.servers
        return Electorate(dict.fromkeys(servers, 1), len(servers) // 2 + 1)

    def why_not_healthy(self) -> str | None:
        """The first check of the service that does not hold."""
        try:
            for check in checks.ALL:
                check(self.kubernetes)
        except failures(CheckFailedError) as error:
            return str(error)
        return None

    def watches(self) -> Sequence[Watch]:
        """Nodes and leaders."""
        return [watch_nodes(self.kubernetes), watch_leaders(self.kubernetes)]

    def place(self, name: str, leader: Host | None = None) -> KubernetesPlace:
        """A namespace of the experiment's own."""
        return KubernetesPlace(self.kubernetes, name)

    def budget(self, kind: Kind, role: str, settings: Mapping[str, str] | None = None) -> Budget:
        """From the load balancers' checks and etcd's timers."""
        return api_budget(self.kubernetes, kind, role, self.multiplier)

    def promised(self) -> dict[str, Budget]:
        """How long the pods of a lost node may be away."""
        timers = timers_of(self.remote, self.kubernetes.servers[0])
        return {"pods of a lost node": rescheduled_budget(timers, self.multiplier)}

    def why_not_available(self, fault: str, role: str) -> str:
        """Faults of containers are not available: its components are units."""
        if fault.startswith(("container-", "process-", "disk-full", "cut-pair", "cut-one-way", "engine-stop")):
            return f"{fault} is about a container of a data service; Kubernetes' components are units"
        return ""

    def node_kubectl(self) -> str:
        """The command of its distribution."""
        return self.kubernetes.distribution.node_kubectl

    def leads_etcd(self, host: Host) -> bool:
        """Whether a server's part of etcd leads now."""
        return host in self.kubernetes.servers and etcd.leads(self.kubernetes, self.remote, host)

    def lead_etcd(self, host: Host) -> None:
        """Make a server's part of etcd the leader."""
        etcd.lead(self.kubernetes, self.remote, host)

    def weakness(self, host: Host) -> str:
        """Load balancers that check no page go on leading clients to a server whose etcd is away."""
        blind = [balancer.name for balancer in self.kubernetes.balancers if not balancer.check.path]
        if host not in self.kubernetes.servers or not self.kubernetes.distribution.separate or not blind:
            return ""
        return (
            f"{', '.join(blind)} only opens connections, so a server without etcd still gets clients"
            " (load_balancers: check.path: /readyz in settings.yaml)"
        )

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """Ask every node and the API, and name causes."""
        return EXAMINATION.diagnose(
            self.kubernetes,
            self.remote,
            since_seconds=since_seconds,
            victim=victim,
            also=lambda: {API: told_by_api(self.kubernetes)},
        )
