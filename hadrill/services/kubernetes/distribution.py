"""What differs between distributions on a host: its units, and how its API is asked there."""

from collections.abc import Mapping
from dataclasses import dataclass

from hadrill.inventory import Host
from hadrill.services.kubernetes.settings import KubernetesSettings

COMPONENTS = ("kubelet", "runtime", "network", "proxy", "api", "etcd", "controller-manager", "scheduler")
NODE_COMPONENTS = COMPONENTS[:4]
"""Those that agents have too."""
ETC = "/etc/hadrill/kubernetes"
RANCHER = "/var/lib/rancher/k3s"
TLS = f"{RANCHER}/server/tls/etcd"


@dataclass(frozen=True)
class Distribution:
    """`separate` is the unit of each component that has one; `server` and `agent` are the units of all the others."""

    name: str
    kubectl: str
    node_kubectl: str
    """As the node itself, which may cordon itself and no other."""
    etcd: tuple[str, str, str]
    """A server's files to ask etcd with: authority, certificate, key."""
    separate: Mapping[str, str]
    server: str = ""
    agent: str = ""

    def unit(self, component: str, host: Host) -> str:
        """The unit that runs a component on a host."""
        return self.separate.get(component) or (self.server if host.role == "k3s-server" else self.agent)

    def units(self, host: Host) -> tuple[str, ...]:
        """All of a host."""
        wanted = COMPONENTS if host.role == "k3s-server" else NODE_COMPONENTS
        return tuple(dict.fromkeys(self.unit(component, host) for component in wanted))


UPSTREAM = Distribution(
    "upstream",
    f"KUBECONFIG={ETC}/admin.kubeconfig kubectl",
    "kubectl --kubeconfig /var/lib/kubelet/kubeconfig",
    (f"{ETC}/etcd-ca.crt", f"{ETC}/etcd-client.crt", f"{ETC}/etcd-client.key"),
    {
        "kubelet": "hadrill-kubelet",
        "runtime": "hadrill-containerd",
        "network": "hadrill-flannel",
        "proxy": "hadrill-kube-proxy",
        "api": "hadrill-kube-apiserver",
        "etcd": "hadrill-etcd",
        "controller-manager": "hadrill-kube-controller-manager",
        "scheduler": "hadrill-kube-scheduler",
    },
)
K3S = Distribution(
    "k3s",
    "k3s kubectl",
    f"k3s kubectl --kubeconfig {RANCHER}/agent/kubelet.kubeconfig",
    (f"{TLS}/server-ca.crt", f"{TLS}/client.crt", f"{TLS}/client.key"),
    {},
    server="k3s",
    agent="k3s-agent",
)


def distribution_of(settings: KubernetesSettings) -> Distribution:
    """The one that settings.yaml names."""
    return UPSTREAM if settings.distribution == "upstream" else K3S
