"""Misconfigurations of Kubernetes, by the name of the cause that must be found."""

from collections.abc import Callable

from hadrill.services.kubernetes.service import Kubernetes
from tests.selftest.sabotage.bench import Disturbance, Sabotage, cut_port, stopped

ETC = "/etc/hadrill/kubernetes"
OWN = "/var/lib/kubelet"
KUBECTL = "KUBECONFIG=/etc/hadrill/kubernetes/admin.kubeconfig kubectl"
KUBELET = "hadrill-kubelet"


def etcd_majority_stopped(service: Kubernetes) -> Sabotage:
    """Two of three members of etcd are away."""
    return Sabotage("etcd-no-quorum", tuple(stopped(host, "hadrill-etcd") for host in service.servers[1:]), fails="api")


def token_wrong(service: Kubernetes) -> Sabotage:
    """A node that must join anew was given another token."""
    return _joins_anew(service, "join-token-wrong", 's/"token": "[^"]*"/"token": "aaaaaa.0123456789abcdef"/')


def authority_wrong(service: Kubernetes) -> Sabotage:
    """A node that must join anew was given another cluster's authority."""
    host = service.agents[-1]
    other = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 50 -subj /CN=other -keyout /dev/null 2> /dev/null | base64 -w0"
    )
    change = f's#"certificate-authority-data": "[^"]*"#"certificate-authority-data": "\'$({other})\'"#'
    return _joins_anew(service, "authority-differs", change, host=host.name)


def certificate_of_a_client(service: Kubernetes) -> Sabotage:
    """An API server was given a certificate that is for no server."""
    host, mine, other = service.servers[-1], f"{ETC}/apiserver", f"{ETC}/kubelet-client"
    kinds = ("crt", "key")
    swap = "; ".join(f"cp -p {mine}.{kind} {mine}.{kind}.right; cp -p {other}.{kind} {mine}.{kind}" for kind in kinds)
    back = "; ".join(f"[ ! -e {mine}.{kind}.right ] || mv {mine}.{kind}.right {mine}.{kind}" for kind in kinds)
    restart = "systemctl restart hadrill-kube-apiserver"
    return Sabotage("certificate-wrong", (Disturbance(host, f"{swap}; {restart}", f"{back}; {restart}"),), fails="api")


def runtime_stopped(service: Kubernetes) -> Sabotage:
    """containerd was stopped and forgotten."""
    return Sabotage("runtime-down", (stopped(service.agents[-1], "hadrill-containerd"),), fails="nodes", late=True)


def network_gone(service: Kubernetes) -> Sabotage:
    """Somebody removed the CNI plugins' configuration."""
    apply = f"rm -f {ETC}/cni/*; systemctl restart hadrill-containerd"
    undo = "systemctl restart hadrill-flannel"
    return Sabotage("network-missing", (Disturbance(service.agents[-1], apply, undo),), fails="nodes")


def port_taken(service: Kubernetes) -> Sabotage:
    """Another web server was there first."""
    apply = (
        f"systemctl stop {KUBELET}; kill -9 $(pgrep -x traefik);"
        " systemd-run -q --unit hadrill-sabotage-web python3 -m http.server -d /run/systemd/units 80;"
        f" systemctl start {KUBELET}"
    )
    return Sabotage(
        "ingress-port-taken",
        (Disturbance(service.agents[-1], apply, "systemctl stop hadrill-sabotage-web || :"),),
        fails="ingress",
    )


def tainted(service: Kubernetes) -> Sabotage:
    """Every node was tainted, and a pod of CoreDNS must find a new place."""
    apply = (
        f"{KUBECTL} taint nodes --all hadrill=sabotage:NoSchedule;"
        f" pods=$({KUBECTL} -n kube-system get pods -l k8s-app=kube-dns -o name);"
        f" {KUBECTL} -n kube-system delete --wait=false $(echo $pods | cut -d' ' -f1)"
    )
    undo = f"{KUBECTL} taint nodes --all hadrill- || :"
    return Sabotage("taint-forbids", (Disturbance(service.servers[0], apply, undo),), fails="workloads")


def no_resolver(service: Kubernetes) -> Sabotage:
    """CoreDNS was scaled to nothing."""
    scale = f"{KUBECTL} -n kube-system scale deployment coredns --replicas"
    return Sabotage("names-unanswered", (Disturbance(service.servers[0], f"{scale}=0", f"{scale}=2"),))


def budget_of_none(service: Kubernetes) -> Sabotage:
    """A PodDisruptionBudget wants all pods, always."""
    make = f"{KUBECTL} -n kube-system create pdb hadrill-sabotage --selector=k8s-app=kube-dns --min-available=2"
    undo = f"{KUBECTL} -n kube-system delete pdb hadrill-sabotage --ignore-not-found"
    return Sabotage("disruption-budget", (Disturbance(service.servers[0], make, undo),))


def scheduler_stopped(service: Kubernetes) -> Sabotage:
    """A server's scheduler was stopped and forgotten."""
    return Sabotage("component-stopped", (stopped(service.servers[-1], "hadrill-kube-scheduler"),))


def firewall_rule_missing(service: Kubernetes) -> Sabotage:
    """A server's etcd is not let in by its peers."""
    host = service.servers[-1]
    peers = [member for member in service.servers if member != host]
    return Sabotage("port-filtered", (cut_port(host, peers, 2380),), fails="api", late=True)


def _joins_anew(service: Kubernetes, cause: str, change: str, host: str = "") -> Sabotage:
    victim = service.inventory.host(host) if host else service.agents[-1]
    file = f"{ETC}/bootstrap.kubeconfig"
    apply = (
        f"systemctl stop {KUBELET}; mkdir -p {OWN}/right; mv {OWN}/kubeconfig {OWN}/pki {OWN}/right/;"
        f" cp -p {file} {file}.right; sed -i '{change}' {file}; systemctl start --no-block {KUBELET}"
    )
    undo = (
        f"systemctl stop {KUBELET}; [ ! -e {file}.right ] || mv {file}.right {file};"
        f" [ ! -e {OWN}/right/kubeconfig ] || {{ rm -rf {OWN}/kubeconfig {OWN}/pki; mv {OWN}/right/* {OWN}/; }};"
        f" systemctl start {KUBELET}"
    )
    return Sabotage(cause, (Disturbance(victim, apply, undo),), fails="nodes")


CASES: dict[str, Callable[[Kubernetes], Sabotage]] = {
    case.__name__: case
    for case in (
        etcd_majority_stopped,
        token_wrong,
        authority_wrong,
        certificate_of_a_client,
        runtime_stopped,
        network_gone,
        port_taken,
        tainted,
        no_resolver,
        budget_of_none,
        scheduler_stopped,
        firewall_rule_missing,
    )
}
