"""Kubernetes, as drills see it."""

from collections.abc import Sequence
from typing import ClassVar

from hadrill.diagnosis import Diagnosis, Facts
from hadrill.diagnosis.common import commands
from hadrill.diagnosis.examination import RECENT_SECONDS
from hadrill.faults import Kind
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.cluster import Cluster, Probe, Watch
from hadrill.services.errors import named
from hadrill.services.finding import CheckFailedError
from hadrill.services.http import OK
from hadrill.services.kubernetes import checks, etcd
from hadrill.services.kubernetes.budget import api_budget, rescheduled_budget, timers_of
from hadrill.services.kubernetes.diagnosis import EXAMINATION
from hadrill.services.kubernetes.facts import API, orders, told_by_api
from hadrill.services.kubernetes.place import is_ready, make_place, path_of, pods, remove_place, site_of
from hadrill.services.kubernetes.probe import holder, probe, watch_leaders, watch_nodes
from hadrill.services.kubernetes.service import API_PORT, Kubernetes
from hadrill.services.kubernetes.workload import PAGES, lanes
from hadrill.timing import Budget, Deadline, eventually
from hadrill.workload import History, Invariant, Lane

PLACE_SECONDS = 60.0
READ_SECONDS = 20.0
KUBELET_PORT = 10250
OF_AGENTS = ("power-off", "isolate", "slow-link", "reject", "reboot", "kubelet-stop", "runtime-stop")
OF_SERVERS = (*OF_AGENTS, "api-stop", "etcd-stop")


class KubernetesCluster(Cluster):
    """Servers vote in etcd; agents carry pods. The `leader` is the server whose controller manager leads."""

    service = "kubernetes"
    roles = ("leader", "server", "agent")
    exempt: ClassVar[dict[Invariant, str]] = {
        Invariant.ONE_LEADER: "every API server takes writes, and etcd puts them in order",
        Invariant.NEVER_BACK: "clients read an object that never changes",
    }
    peer_port = KUBELET_PORT
    goes_on = (PAGES,)
    drawn: ClassVar[dict[str, tuple[str, ...]]] = {"": OF_SERVERS, "agent": OF_AGENTS}
    restarted_by = "reboot"
    look_seconds = 0.2
    rate_share = 0.25  # a TLS connection costs both sides more than the question, and every write is on three disks
    hand_over_note = "components choose their leaders themselves"

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

    def voters(self, host: Host) -> tuple[Host, ...]:
        """Servers hold etcd together; agents stand in for one another."""
        return self.kubernetes.agents if host.role == "k3s-agent" else self.kubernetes.servers

    def needed(self, host: Host) -> int:
        """A majority of the servers, and one agent."""
        return 1 if host.role == "k3s-agent" else len(self.kubernetes.servers) // 2 + 1

    def probe(self, host: Host) -> Probe:
        """Its own API, or its own ingress."""
        return probe(self.kubernetes, host)

    def leader(self) -> Host:
        """The server whose controller manager leads."""
        return named(self.kubernetes.servers, holder(self.kubernetes.api()), "the controller managers' lease")

    def role(self, host: Host) -> str:
        """What a node is now."""
        if host.role == "k3s-agent":
            return "agent"
        return "leader" if self.leader() == host else "server"

    def target(self, role: str) -> Host:
        """A node in that role now."""
        if role == "agent":
            return self.kubernetes.agents[0]
        leader = self.leader()
        if role == "leader":
            return leader
        # One that leads neither, for what is asked is a server that is only one of three.
        others = [each for each in self.kubernetes.servers if each != leader]
        return next((each for each in others if not self.leads_etcd(each)), others[0])

    def unhealthy(self) -> str | None:
        """Every check of the service holds."""
        try:
            for check in checks.ALL:
                check(self.kubernetes)
        except failures(CheckFailedError) as error:
            return str(error)
        return None

    def watches(self) -> Sequence[Watch]:
        """Nodes and leaders."""
        return [watch_nodes(self.kubernetes), watch_leaders(self.kubernetes)]

    def prepare(self, drill: str, leader: Host | None) -> None:
        """A namespace, and in it a web service that the ingress leads to."""
        address = self.kubernetes.ingress_points[0]

        made = False

        def missing() -> str | None:
            nonlocal made
            try:
                # Once more where a busy server let one question wait too long: what is there already stays.
                if not made:
                    make_place(self.kubernetes, drill)
                made = True
                if not any(map(is_ready, pods(self.kubernetes.api(), drill))):
                    return "no pod is ready"
                status = checks.page(address, site_of(drill)).status
            except failures() as error:
                return str(error)
            return None if status == OK else f"the ingress says {status}"

        eventually("the drill's web service at the ingress", missing, Deadline(PLACE_SECONDS))

    def lanes(self, drill: str) -> Sequence[Lane]:
        """The API and a page."""
        return lanes(self.kubernetes, drill)

    def read_back_order(self) -> tuple[Host, ...]:
        """Servers: agents keep nothing."""
        return self.kubernetes.servers

    def found(self, host: Host, drill: str, acknowledged: set[str], history: History) -> set[str]:
        """Objects that a server lists; one that came back a moment ago may be late with its answer."""
        names: set[str] = set()

        def silent() -> str | None:
            try:
                listed = self.kubernetes.api(host.address).items(path_of(drill, "configmaps"))
            except failures() as error:
                return str(error)
            names.update(item["metadata"]["name"] for item in listed)
            return None

        eventually(f"{host} to list what was written", silent, Deadline(READ_SECONDS))
        return acknowledged & names

    def clean(self, drill: str) -> None:
        """The namespace."""
        remove_place(self.kubernetes, drill)

    def budget(self, kind: Kind, role: str, settings: dict[str, str] | None = None) -> Budget:
        """From the load balancers' checks and etcd's timers."""
        return api_budget(self.kubernetes, kind, role, self.multiplier)

    def promised(self) -> dict[str, Budget]:
        """Also how long the pods of a lost node may be away."""
        timers = timers_of(self.remote, self.kubernetes.servers[0])
        return super().promised() | {"pods of a lost node": rescheduled_budget(timers, self.multiplier)}

    def unavailable(self, fault: str, role: str) -> str:
        """Its components are no containers of the engine that other services run in."""
        if fault.startswith(("container-", "process-", "disk-full", "cut-pair", "cut-one-way", "engine-stop")):
            return f"{fault} is about a container of a data service; Kubernetes' components are units"
        return ""

    @property
    def node_kubectl(self) -> str:
        """The distribution's."""
        return self.kubernetes.distribution.node_kubectl

    def leads_etcd(self, host: Host) -> bool:
        """Whether a server's part of etcd leads now."""
        return host in self.kubernetes.servers and etcd.leads(self.kubernetes, self.remote, host)

    def lead_etcd(self, host: Host) -> None:
        """Make a server's part of etcd the leader."""
        etcd.lead(self.kubernetes, self.remote, host)

    def component(self, role: str) -> str:
        """The kubelet; K3s runs all in one."""
        if self.kubernetes.distribution.separate:
            return "kubelet"
        return "k3s-agent" if role == "agent" else "k3s"

    def weakness(self, host: Host) -> str:
        """Without a page to ask for, load balancers lead clients to a server whose etcd is away."""
        blind = [each.name for each in self.kubernetes.balancers if not each.check.path]
        if host not in self.kubernetes.servers or not self.kubernetes.distribution.separate or not blind:
            return ""
        return (
            f"{', '.join(blind)} only opens connections, so a server without etcd still gets clients"
            " (load_balancers: check.path: /readyz in settings.yaml)"
        )

    def diagnose(self, since_seconds: int = 0, victim: str = "") -> Diagnosis:
        """From every node's own words, and what the API knows."""
        wanted = orders(self.kubernetes, since_seconds or RECENT_SECONDS)
        facts = Facts.collect(self.remote, wanted, commands(wanted))
        whole = Facts({**facts.hosts, API: told_by_api(self.kubernetes)})
        return EXAMINATION.judge(self.kubernetes, whole, before=not since_seconds, victim=victim)

    def port_of(self, role: str) -> int:
        """The API's, or kubelet's."""
        return KUBELET_PORT if role == "agent" else API_PORT
