"""The record of Kubernetes."""

from hadrill.services.service import (
    BALANCERS,
    EVEN,
    NODES,
    PEERS,
    RUNNER,
    UNIT,
    Component,
    Install,
    MemberRole,
    Port,
    Role,
    Service,
)

_EVERY_NODE = (
    Port(10250, "kubelet", (NODES,)),
    Port(80, "ingress", (BALANCERS, NODES, RUNNER)),
    Port(443, "ingress with TLS", (BALANCERS, NODES, RUNNER)),
    Port(8472, "VXLAN between pods", (NODES,), protocol="udp"),
)
_SERVERS, _AGENTS = ("k3s-server",), ("k3s-agent",)
_UPSTREAM, _K3S = ("kubernetes.distribution", "upstream"), ("kubernetes.distribution", "k3s")

_OF_AGENTS = ("power-off", "isolate", "slow-link", "reject", "reboot", "kubelet-stop", "runtime-stop")
_OF_SERVERS = (*_OF_AGENTS, "api-stop", "etcd-stop")


def _unit(name: str, title: str, unit: str, roles: tuple[str, ...] = ()) -> Component:
    return Component(name, title, placement=UNIT, unit=unit, roles=roles, when=_UPSTREAM)


SERVICE = Service(
    name="kubernetes",
    title="Kubernetes",
    order=80,
    roles=(
        Role(
            "k3s-server",
            ports=(
                Port(6443, "Kubernetes API", (NODES, BALANCERS, RUNNER)),
                Port(2379, "etcd", (PEERS, RUNNER)),
                Port(2380, "etcd peers", (PEERS,)),
                *_EVERY_NODE,
            ),
            wasteful=EVEN,
            images=("pods",),
            credentials=("K3S_TOKEN",),
        ),
        Role("k3s-agent", ports=_EVERY_NODE, partner="k3s-server"),
    ),
    components=(
        _unit("kubelet", "kubelet", "kubelet"),
        _unit("runtime", "containerd", "containerd"),
        _unit("network", "flannel", "flannel"),
        _unit("proxy", "kube-proxy", "kube-proxy"),
        _unit("api", "API server", "kube-apiserver", _SERVERS),
        _unit("etcd", "etcd", "etcd", _SERVERS),
        _unit("controller-manager", "controller manager", "kube-controller-manager", _SERVERS),
        _unit("scheduler", "scheduler", "kube-scheduler", _SERVERS),
        Component("k3s", "K3s", placement=UNIT, unit="k3s.service", roles=_SERVERS, when=_K3S),
        Component("k3s-agent", "K3s", placement=UNIT, unit="k3s-agent.service", roles=_AGENTS, when=_K3S),
    ),
    member_roles=(
        MemberRole("leader", 6443, leads=True, faults=_OF_SERVERS, components=("kubelet", "k3s"), hosts=_SERVERS),
        MemberRole("server", 6443, faults=_OF_SERVERS, components=("kubelet", "k3s"), hosts=_SERVERS),
        MemberRole("agent", 10250, faults=_OF_AGENTS, components=("kubelet", "k3s-agent"), hosts=_AGENTS),
    ),
    home_networks=("kubernetes.pod_network",),
    profile="kubernetes",
    fixture="kubernetes",
    settings="hadrill.services.kubernetes.settings:KubernetesSettings",
    client="hadrill.services.kubernetes.service:Kubernetes",
    cluster="hadrill.services.kubernetes.cluster:KubernetesCluster",
    checks="hadrill.services.kubernetes.checks:ALL",
    examination="hadrill.services.kubernetes.diagnosis:EXAMINATION",
    install=Install(
        "kubernetes",
        "Kubernetes with its addons and ingress.",
        "hadrill.install.kubernetes:install",
        beforehand="hadrill.install.kubernetes:beforehand",
    ),
)
