"""Kubernetes' own components, each in a unit of its own. Agents join by a bootstrap token, as with kubeadm.

The programs must be on the hosts already: /usr/local/bin/kube-apiserver and its like, Debian's etcd, containerd, runc,
CNI plugins and HAProxy. The lab's machines are made with them.
"""

from hadrill.install.desired import Desired, Directory
from hadrill.install.kubernetes.access import Pki
from hadrill.install.kubernetes.node import node_parts
from hadrill.install.kubernetes.server import server_parts
from hadrill.install.site import Site
from hadrill.inventory import Host
from hadrill.services.kubernetes.distribution import ETC
from hadrill.services.kubernetes.service import Kubernetes


def desired(site: Site, service: Kubernetes, pki: Pki, host: Host) -> Desired:
    """Everything on one host. Servers are nodes too."""
    files, processes = node_parts(site, service, pki, host)
    if "k3s-server" in host.roles:
        more, first = server_parts(service, pki, host)
        files, processes = [*files, *more], [*first, *processes]
    directories = (
        Directory("/etc/hadrill", 0o700),
        Directory(ETC, 0o700),
        Directory("/var/lib/hadrill/etcd", 0o700, once=True),
        # Its own: in the usual one other engines leave networks that a node would take before it knows its part.
        Directory(f"{ETC}/cni", 0o700),
    )
    return Desired(directories, tuple(files), units=tuple(process.unit() for process in processes))
