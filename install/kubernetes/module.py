"""The module's order: what lies on the hosts, then the API, then what the cluster itself is told."""

import os

from hadrill.inventory import Host
from hadrill.services.kubernetes import Kubernetes, checks
from install.desired import Desired, Units
from install.kubernetes import upstream
from install.kubernetes.addons import manifests
from install.rolling import bring_up, until_whole
from install.site import InstallError, Site

APPLY_SECONDS = 60.0
CHANGED = ("created", "configured", "serverside-applied")


def install(site: Site) -> None:
    """Servers and agents, then addons. Does nothing where the inventory has no server."""
    service = Kubernetes(site.inventory)
    if not service.servers:
        return
    if service.settings.distribution != "upstream":
        raise InstallError("kubernetes.distribution k3s: not here yet")
    pki = upstream.Pki.of(site.inventory)
    _write_kubeconfig(service, pki)
    wanted: dict[Host, Desired] = {host: upstream.desired(site, service, pki, host) for host in service.members}
    units = site.apply(wanted)
    first = {host: [unit for unit in units[host].stopped if unit in upstream.CONTROL] for host in service.servers}
    site.everywhere(service.servers, lambda host: site.start(host, first[host]))
    if site.check and any(first.values()):
        return
    until_whole(lambda: checks.api(service), "the API to answer")
    # Nodes may join, and ask, only once the cluster knows who may.
    _apply(site, service)
    later = {host: [unit for unit in units[host].stopped if unit not in first.get(host, ())] for host in units}
    # A node's network waits for the node, which waits for its network: none of them is waited for by itself.
    site.everywhere(later, lambda host: site.start(host, later[host], "start --no-block"))
    outdated = {host: Units((), units[host].outdated) for host in units}
    bring_up(site, outdated, lambda: service.members, lambda: checks.nodes(service), "Kubernetes")


def _write_kubeconfig(service: Kubernetes, pki: upstream.Pki) -> None:
    text = upstream.kubeconfig(pki.cluster, f"https://{service.entry_point}:6443", upstream.service_admin(pki))
    with os.fdopen(os.open(service.kubeconfig, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)


def _apply(site: Site, service: Kubernetes) -> None:
    """Tell the cluster what is to be in it; what is so already is left alone."""
    first = service.servers[0]
    kubectl = f"KUBECONFIG={upstream.ETC}/admin.kubeconfig /usr/local/bin/kubectl"
    way = "diff -f - | head -1" if site.check else "apply -f -"
    for name, text in manifests(site, service).items():
        said = site.remote.run(first, f"{kubectl} {way}", stdin=text, seconds=APPLY_SECONDS).stdout
        for line in said.splitlines():
            if site.check or line.split(" ")[-1] in CHANGED:
                site.record(first, f"{name}: {line}")
