"""What makes a host of Kubernetes' own components a server: etcd, API server, controller manager, scheduler."""

from hadrill.install.desired import File
from hadrill.install.kubernetes.access import FRONT, Pki, kubeconfig, service_admin
from hadrill.install.kubernetes.process import Process, flags
from hadrill.inventory import Host
from hadrill.services.kubernetes.distribution import ETC
from hadrill.services.kubernetes.service import Kubernetes

ALONE = tuple(f"hadrill-{name}.service" for name in ("etcd", "api-front", "containerd"))
"""Units that need no API; etcd waits for its majority."""
CONTROL = tuple(f"hadrill-kube-{name}.service" for name in ("apiserver", "controller-manager", "scheduler"))
"""Units of a server that make the API."""
NODE_BITS = 24
"""The prefix length of each node's part of the pods' network."""


def server_parts(service: Kubernetes, pki: Pki, host: Host) -> tuple[list[File], list[Process]]:
    """Files and processes of a server, besides those of a node."""
    settings = service.settings
    inside = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
    names = (host.name, host.fqdn, "localhost", *inside)
    addresses = (host.address, "127.0.0.1", str(settings.api_service), *service.front_addresses)
    pairs = {
        "apiserver": pki.cluster.issue(f"apiserver-{host}", (), names, tuple(dict.fromkeys(addresses))),
        "kubelet-client": pki.cluster.issue("kube-apiserver-kubelet-client", ("system:masters",)),
        "etcd": pki.etcd.issue(f"etcd-{host}", (), (host.name, host.fqdn), (host.address, "127.0.0.1")),
        "etcd-client": pki.etcd.issue("kube-apiserver-etcd-client"),
        "front-proxy": pki.front_proxy.issue("front-proxy-client"),
        "accounts": pki.accounts,
        "cluster-ca": pki.cluster.pair,
    }
    texts = {"etcd-ca.crt": pki.etcd.pair.certificate, "front-proxy-ca.crt": pki.front_proxy.pair.certificate}
    for name, pair in pairs.items():
        texts |= {f"{name}.crt": pair.certificate, f"{name}.key": pair.key}
    own = "https://127.0.0.1:6443"
    for name in ("kube-controller-manager", "kube-scheduler"):
        texts[f"{name}.kubeconfig"] = kubeconfig(pki.cluster, own, pki.cluster.issue(f"system:{name}"))
    texts["admin.kubeconfig"] = kubeconfig(pki.cluster, FRONT, service_admin(pki))
    files = [File(f"{ETC}/{name}", text, 0o600) for name, text in texts.items()]
    return files, [_etcd(service, host), _api(service, host), _manager(service), _scheduler()]


def _etcd(service: Kubernetes, host: Host) -> Process:
    values = {
        "name": host.name,
        "data-dir": "/var/lib/hadrill/etcd",
        "listen-client-urls": f"https://{host.address}:2379,https://127.0.0.1:2379",
        "advertise-client-urls": f"https://{host.address}:2379",
        "listen-peer-urls": f"https://{host.address}:2380",
        "initial-advertise-peer-urls": f"https://{host.address}:2380",
        "initial-cluster": ",".join(f"{server}=https://{server.address}:2380" for server in service.servers),
        "initial-cluster-token": service.inventory.settings.name,
        "cert-file": f"{ETC}/etcd.crt",
        "key-file": f"{ETC}/etcd.key",
        "trusted-ca-file": f"{ETC}/etcd-ca.crt",
        "client-cert-auth": "true",
        "peer-cert-file": f"{ETC}/etcd.crt",
        "peer-key-file": f"{ETC}/etcd.key",
        "peer-trusted-ca-file": f"{ETC}/etcd-ca.crt",
        "peer-client-cert-auth": "true",
        "heartbeat-interval": 200,
        "election-timeout": 2000,
        "auto-compaction-retention": "1h",
    }
    depends = tuple(f"{ETC}/{name}" for name in ("etcd.crt", "etcd-ca.crt"))
    return Process("etcd", f"/usr/bin/etcd {flags(values)}", depends=depends, lines=("Type=notify",))


def _api(service: Kubernetes, host: Host) -> Process:
    settings = service.settings
    values = {
        "advertise-address": host.address,
        "allow-privileged": "true",
        "authorization-mode": "Node,RBAC",
        "client-ca-file": f"{ETC}/cluster-ca.crt",
        "enable-admission-plugins": "NodeRestriction",
        "enable-bootstrap-token-auth": "true",
        "etcd-cafile": f"{ETC}/etcd-ca.crt",
        "etcd-certfile": f"{ETC}/etcd-client.crt",
        "etcd-keyfile": f"{ETC}/etcd-client.key",
        "etcd-servers": "https://127.0.0.1:2379",
        "kubelet-client-certificate": f"{ETC}/kubelet-client.crt",
        "kubelet-client-key": f"{ETC}/kubelet-client.key",
        "kubelet-certificate-authority": f"{ETC}/cluster-ca.crt",
        "kubelet-preferred-address-types": "InternalIP",
        "proxy-client-cert-file": f"{ETC}/front-proxy.crt",
        "proxy-client-key-file": f"{ETC}/front-proxy.key",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-client-ca-file": f"{ETC}/front-proxy-ca.crt",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-username-headers": "X-Remote-User",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": f"{ETC}/accounts.crt",
        "service-account-signing-key-file": f"{ETC}/accounts.key",
        "service-cluster-ip-range": settings.service_network,
        "tls-cert-file": f"{ETC}/apiserver.crt",
        "tls-private-key-file": f"{ETC}/apiserver.key",
        "default-not-ready-toleration-seconds": settings.toleration_seconds,
        "default-unreachable-toleration-seconds": settings.toleration_seconds,
    }
    depends = tuple(f"{ETC}/{name}" for name in ("apiserver.crt", "cluster-ca.crt", "etcd-client.crt", "accounts.crt"))
    command = f"/usr/local/bin/kube-apiserver {flags(values)}"
    return Process("kube-apiserver", command, ("etcd",), depends, ("Type=notify",))


def _manager(service: Kubernetes) -> Process:
    settings = service.settings
    values: dict[str, object] = {
        "kubeconfig": f"{ETC}/kube-controller-manager.kubeconfig",
        "allocate-node-cidrs": "true",
        "cluster-cidr": settings.pod_network,
        "node-cidr-mask-size": NODE_BITS,
        "service-cluster-ip-range": settings.service_network,
        "cluster-signing-cert-file": f"{ETC}/cluster-ca.crt",
        "cluster-signing-key-file": f"{ETC}/cluster-ca.key",
        "controllers": "*,bootstrapsigner,tokencleaner",
        "root-ca-file": f"{ETC}/cluster-ca.crt",
        "service-account-private-key-file": f"{ETC}/accounts.key",
        "use-service-account-credentials": "true",
        "bind-address": "127.0.0.1",
    }
    if settings.node_grace_seconds is not None:
        values["node-monitor-grace-period"] = f"{settings.node_grace_seconds}s"
    command = f"/usr/local/bin/kube-controller-manager {flags(values)}"
    return Process("kube-controller-manager", command, ("kube-apiserver",), (f"{ETC}/cluster-ca.crt",))


def _scheduler() -> Process:
    values = {"kubeconfig": f"{ETC}/kube-scheduler.kubeconfig", "bind-address": "127.0.0.1"}
    return Process("kube-scheduler", f"/usr/local/bin/kube-scheduler {flags(values)}", ("kube-apiserver",))
