"""What makes a host of Kubernetes' own components a node: way to the API, runtime, kubelet, proxy, pods' network."""

from hadrill.install.desired import File
from hadrill.install.kubernetes.access import FRONT, Pki, as_json, kubeconfig
from hadrill.install.kubernetes.process import Process, flags
from hadrill.install.site import Site
from hadrill.inventory import Host
from hadrill.on_host import program
from hadrill.services.kubernetes.distribution import ETC
from hadrill.services.kubernetes.service import Kubernetes


def node_parts(site: Site, service: Kubernetes, pki: Pki, host: Host) -> tuple[list[File], list[Process]]:
    """Files and processes of every host."""
    serving = pki.cluster.issue(f"kubelet-{host}", (), (host.name,), (host.address,))
    texts = {
        "front.cfg": site.render("kubernetes/front.cfg.j2", servers=service.servers),
        "containerd.toml": site.render("kubernetes/containerd.toml.j2", pause=site.inventory.image("pods")),
        "kubelet.json": as_json(_kubelet(service)),
        "kubelet-serving.crt": serving.certificate,
        "kubelet-serving.key": serving.key,
        "node-ca.crt": pki.cluster.pair.certificate,
        "bootstrap.kubeconfig": kubeconfig(pki.cluster, FRONT, token=service.bootstrap_token),
        "kube-proxy.kubeconfig": kubeconfig(pki.cluster, FRONT, pki.cluster.issue("system:kube-proxy")),
        "kube-proxy.json": as_json(_proxy(service, host)),
        "flannel.kubeconfig": kubeconfig(pki.cluster, FRONT, pki.cluster.issue("flannel")),
        "network.json": as_json(
            {"Network": str(service.settings.pod_network), "Backend": {"Type": "vxlan", "Port": 8472}}
        ),
        "cni.py": program("cni"),
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
        "node-labels": f"hadrill/role={'server' if 'k3s-server' in host.roles else 'agent'}",
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
