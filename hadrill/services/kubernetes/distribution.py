"""What differs between distributions on a host: its units, and how its API is asked there."""

from collections.abc import Mapping
from dataclasses import dataclass

from hadrill.inventory import Host
from hadrill.placement import Unit, folders, placements
from hadrill.services.kubernetes.record import SERVICE
from hadrill.services.kubernetes.settings import KubernetesSettings

COMPONENTS = ("kubelet", "runtime", "network", "proxy", "api", "etcd", "controller-manager", "scheduler")
NODE_COMPONENTS = COMPONENTS[:4]
"""Those that agents have too."""
ETC = folders.configuration("kubernetes")
RANCHER = "/var/lib/rancher/k3s"
TLS = f"{RANCHER}/server/tls/etcd"


@dataclass(frozen=True)
class Distribution:
    """`separate` is each component that runs by itself; `server` and `agent` run all the others on such hosts."""

    name: str
    kubectl: str
    node_kubectl: str
    """As the node itself, which may cordon itself and no other."""
    etcd: tuple[str, str, str]
    """A server's files to ask etcd with: authority, certificate, key."""
    separate: Mapping[str, Unit]
    server: Unit
    agent: Unit

    def placement(self, component: str, host: Host) -> Unit:
        """What runs a component on a host."""
        return self.separate.get(component) or (self.server if "k3s-server" in host.roles else self.agent)

    def unit(self, component: str, host: Host) -> str:
        """Its unit."""
        return self.placement(component, host).unit

    def units(self, host: Host) -> tuple[str, ...]:
        """All of a host."""
        components = COMPONENTS if "k3s-server" in host.roles else NODE_COMPONENTS
        return tuple(dict.fromkeys(self.unit(component, host) for component in components))


_UNITS = {name: its for name, its in placements(SERVICE).items() if isinstance(its, Unit)}
UPSTREAM = Distribution(
    "upstream",
    f"KUBECONFIG={ETC}/admin.kubeconfig kubectl",
    "kubectl --kubeconfig /var/lib/kubelet/kubeconfig",
    (f"{ETC}/etcd-ca.crt", f"{ETC}/etcd-client.crt", f"{ETC}/etcd-client.key"),
    {name: _UNITS[name] for name in COMPONENTS},
    server=_UNITS["api"],
    agent=_UNITS["kubelet"],
)
K3S = Distribution(
    "k3s",
    "k3s kubectl",
    f"k3s kubectl --kubeconfig {RANCHER}/agent/kubelet.kubeconfig",
    (f"{TLS}/server-ca.crt", f"{TLS}/client.crt", f"{TLS}/client.key"),
    {},
    server=_UNITS["k3s"],
    agent=_UNITS["k3s-agent"],
)


def distribution_of(settings: KubernetesSettings) -> Distribution:
    """The one that settings.yaml names."""
    return UPSTREAM if settings.distribution == "upstream" else K3S
