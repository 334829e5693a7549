"""Kubernetes' own components, each in a unit of its own. Agents join by a bootstrap token, as with kubeadm.

The programs must be on the hosts already: /usr/local/bin/kube-apiserver and its like, Debian's etcd, containerd, runc,
CNI plugins and HAProxy. The lab's machines are made with them.
"""

import base64
import json
from dataclasses import dataclass

from hadrill.inventory import Host, Inventory, Role
from hadrill.services.kubernetes.service import Kubernetes
from install.desired import Desired, Directory, File
from install.kubernetes.pki import Authority, Pair, signing_key
from install.kubernetes.process import Process, flags
from install.site import Site

ETC = "/etc/hadrill/kubernetes"
FRONT = "https://127.0.0.1:6444"
"""On every host: HAProxy in front of all API servers."""
CONTROL = tuple(
    f"hadrill-{name}.service"
    for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "api-front")
)
"""Units of a server that make the API; the rest of them is a node's."""
NODE_BITS = 24
"""Every node gets so large a part of the pods' network."""


@dataclass(frozen=True)
class Pki:
    """A cluster's authorities, and the key of its service accounts."""

    cluster: Authority
    etcd: Authority
    front_proxy: Authority
    accounts: Pair

    @classmethod
    def of(cls, inventory: Inventory) -> "Pki":
        """Those kept with the inventory's credentials."""
        folder = inventory.folder / "credentials" / "kubernetes"
        return cls(
            Authority(folder, "kubernetes-ca"),
            Authority(folder, "etcd-ca"),
            Authority(folder, "front-proxy-ca"),
            signing_key(folder),
        )


def desired(site: Site, service: Kubernetes, pki: Pki, host: Host) -> Desired:
    """Everything on one host. Servers are nodes too."""
    files, processes = _node(site, service, pki, host)
    if host.role is Role.K3S_SERVER:
        more, first = _server(service, pki, host)
        files, processes = [*files, *more], [*first, *processes]
    directories = (
        Directory("/etc/hadrill", 0o700),
        Directory(ETC, 0o700),
        Directory("/var/lib/hadrill/etcd", 0o700, once=True),
        # Its own: in the usual one other engines leave networks that a node would take before it knows its part.
        Directory(f"{ETC}/cni", 0o700),
    )
    return Desired(directories, tuple(files), units=tuple(process.unit() for process in processes))


def kubeconfig(authority: Authority, server: str, pair: Pair | None = None, token: str = "") -> str:
    """A client's way to the API server: by a certificate, or by a token."""
    user = (
        {"token": token}
        if pair is None
        else {
            "client-certificate-data": _base64(pair.certificate),
            "client-key-data": _base64(pair.key),
        }
    )
    return _json(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "hadrill",
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": _base64(authority.pair.certificate),
                    },
                }
            ],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "hadrill", "context": {"cluster": "hadrill", "user": "user"}}],
            "current-context": "hadrill",
        }
    )


def _server(service: Kubernetes, pki: Pki, host: Host) -> tuple[list[File], list[Process]]:
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


def service_admin(pki: Pki) -> Pair:
    """The certificate of the suite and of whoever installs: it may do everything."""
    return pki.cluster.issue("hadrill", ("system:masters",))


def _etcd(service: Kubernetes, host: Host) -> Process:
    values = {
        "name": host.name,
        "data-dir": "/var/lib/hadrill/etcd",
        "listen-client-urls": f"https://{host.address}:2379,https://127.0.0.1:2379",
        "advertise-client-urls": f"https://{host.address}:2379",
        "listen-peer-urls": f"https://{host.address}:2380",
        "initial-advertise-peer-urls": f"https://{host.address}:2380",
        "initial-cluster": ",".join(f"{each}=https://{each.address}:2380" for each in service.servers),
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


def _node(site: Site, service: Kubernetes, pki: Pki, host: Host) -> tuple[list[File], list[Process]]:
    serving = pki.cluster.issue(f"kubelet-{host}", (), (host.name,), (host.address,))
    texts = {
        "front.cfg": site.render("kubernetes/front.cfg.j2", servers=service.servers),
        "containerd.toml": site.render("kubernetes/containerd.toml.j2", pause=site.inventory.image("pods")),
        "kubelet.json": _json(_kubelet(service)),
        "kubelet-serving.crt": serving.certificate,
        "kubelet-serving.key": serving.key,
        "node-ca.crt": pki.cluster.pair.certificate,
        "bootstrap.kubeconfig": kubeconfig(pki.cluster, FRONT, token=service.bootstrap_token),
        "kube-proxy.kubeconfig": kubeconfig(pki.cluster, FRONT, pki.cluster.issue("system:kube-proxy")),
        "kube-proxy.json": _json(_proxy(service, host)),
        "flannel.kubeconfig": kubeconfig(pki.cluster, FRONT, pki.cluster.issue("flannel")),
        "network.json": _json(
            {"Network": str(service.settings.pod_network), "Backend": {"Type": "vxlan", "Port": 8472}}
        ),
        "cni.py": site.render("kubernetes/cni.py", network=service.settings.pod_network),
    }
    files = [File(f"{ETC}/{name}", text, 0o600) for name, text in texts.items()]
    return files, [
        _process("api-front", f"/usr/sbin/haproxy -Ws -f {ETC}/front.cfg", "front.cfg", lines=("Type=notify",)),
        _process(
            "containerd",
            f"/usr/bin/containerd --config {ETC}/containerd.toml",
            "containerd.toml",
            # Containers go on while it is away; their shims are in its cgroup.
            lines=("Type=notify", "KillMode=process", "Delegate=yes", "OOMScoreAdjust=0"),
        ),
        _process("kubelet", _kubelet_command(host), "kubelet.json", after=("containerd", "api-front")),
        _process("kube-proxy", f"/usr/local/bin/kube-proxy --config={ETC}/kube-proxy.json", "kube-proxy.json"),
        _process(
            "flannel",
            f"/usr/local/bin/flanneld --public-ip={host.address} --kubeconfig={ETC}/flannel.kubeconfig"
            f" --net-conf={ETC}/network.json",
            "network.json",
            "cni.py",
            after=("api-front",),
            lines=(
                "Type=notify",
                f"Environment=NODE_NAME={host.name}",
                "ExecStartPre=-/usr/sbin/sysctl -q -w net.ipv4.ip_forward=1",
                f"ExecStartPost=/usr/bin/python3 {ETC}/cni.py",
            ),
        ),
    ]


def _process(name: str, command: str, *files: str, after: tuple[str, ...] = (), lines: tuple[str, ...] = ()) -> Process:
    return Process(name, command, after, tuple(f"{ETC}/{file}" for file in files), lines)


def _kubelet_command(host: Host) -> str:
    values = {
        "config": f"{ETC}/kubelet.json",
        "bootstrap-kubeconfig": f"{ETC}/bootstrap.kubeconfig",
        "kubeconfig": "/var/lib/kubelet/kubeconfig",
        "cert-dir": "/var/lib/kubelet/pki",
        "hostname-override": host.name,
        "node-ip": host.address,
        "node-labels": f"hadrill/role={'server' if host.role is Role.K3S_SERVER else 'agent'}",
    }
    return f"/usr/local/bin/kubelet {flags(values)}"


def _kubelet(service: Kubernetes) -> dict[str, object]:
    """Its settings; what is unusual is for machines in containers, which share a kernel, its memory and its swap."""
    lab = service.inventory.settings.lab
    own: dict[str, object] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {"x509": {"clientCAFile": f"{ETC}/node-ca.crt"}, "anonymous": {"enabled": False}},
        "authorization": {"mode": "Webhook"},
        "clusterDNS": [str(service.settings.dns_service)],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "tlsCertFile": f"{ETC}/kubelet-serving.crt",
        "tlsPrivateKeyFile": f"{ETC}/kubelet-serving.key",
        "nodeStatusUpdateFrequency": "5s",
        "nodeLeaseDurationSeconds": 20,
        "rotateCertificates": True,
        "resolvConf": "/etc/resolv.conf",
    }
    if lab:
        own |= {
            "failSwapOn": False,
            "oomScoreAdj": 0,
            "evictionHard": {},
            "featureGates": {"KubeletInUserNamespace": True},
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
        }
    return own


def _proxy(service: Kubernetes, host: Host) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": f"{ETC}/kube-proxy.kubeconfig"},
        "clusterCIDR": str(service.settings.pod_network),
        "hostnameOverride": host.name,
        "mode": "iptables",
        "oomScoreAdj": 0,
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
    }


def _json(content: object) -> str:
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
