"""The module's order: what lies on the hosts, then the API, then what the cluster itself is told."""

import os
from functools import partial

from hadrill.install.desired import Desired, Units
from hadrill.install.kubernetes import k3s, upstream
from hadrill.install.kubernetes.access import Pki, kubeconfig, service_admin
from hadrill.install.kubernetes.addons import manifests
from hadrill.install.kubernetes.server import ALONE, CONTROL
from hadrill.install.rolling import bring_up, until_whole
from hadrill.install.site import Site
from hadrill.inventory import Host
from hadrill.remote import shell
from hadrill.services.kubernetes import checks
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.timing import Deadline, eventually

APPLY_SECONDS = 60.0
KUBECONFIG_SECONDS = 60.0
CHANGED = ("created", "configured")


def beforehand(site: Site) -> None:
    """Raises InstallError for what the inventory lacks. Touches no host."""
    service = Kubernetes(site.inventory)
    if service.servers and service.settings.distribution == "k3s":
        k3s.require_source(service)


def install(site: Site) -> None:
    """Servers and agents, then addons. Does nothing where the inventory has no server."""
    service = Kubernetes(site.inventory)
    if not service.servers:
        site.say("kubernetes: nothing to install: the inventory has no host for it")
        return
    if service.settings.distribution == "k3s":
        _install_k3s(site, service)
    else:
        _install_upstream(site, service)


def _install_k3s(site: Site, service: Kubernetes) -> None:
    """The first server begins; the others join it one by one, as etcd takes one new member at a time; then agents."""
    k3s.install_program(site, service)
    units = site.apply({host: k3s.desired(site, service, host) for host in service.members})
    for host in service.servers:
        site.start(host, units[host].stopped)
        if host == service.servers[0] and not site.check:
            _keep_kubeconfig(site, service)
        if units[host].stopped and not site.check:
            until_whole(partial(_answers, service, host), f"the API of {host}")
    site.everywhere(service.agents, lambda host: site.start(host, units[host].stopped))
    if not site.check:
        _apply(site, service)
    outdated = {host: Units((), units[host].outdated) for host in units}
    bring_up(site, outdated, lambda: service.members, lambda: checks.nodes(service), "Kubernetes")


def _answers(service: Kubernetes, host: Host) -> None:
    service.api(host.address).get("/readyz")


def _keep_kubeconfig(site: Site, service: Kubernetes) -> None:
    """Keep K3s' own kubeconfig, which it writes a moment after its first start."""
    file = "/etc/rancher/k3s/k3s.yaml"
    printed: list[str] = []

    def missing() -> str | None:
        answer = site.remote.attempt(service.servers[0], shell.command("cat", file))
        printed[:] = [answer.stdout]
        return None if answer.status == 0 else f"no {file} on {service.servers[0]}"

    eventually(f"K3s to write {file}", missing, Deadline(KUBECONFIG_SECONDS))
    _write(service, printed[0].replace("https://127.0.0.1:6443", f"https://{service.entry_point}:6443"))


def _install_upstream(site: Site, service: Kubernetes) -> None:
    pki = Pki.of(site.inventory)
    _write(service, kubeconfig(pki.cluster, f"https://{service.entry_point}:6443", service_admin(pki)))
    desired: dict[Host, Desired] = {host: upstream.desired(site, service, pki, host) for host in service.members}
    units = site.apply(desired)
    first = service.servers[0]
    early = {host: [unit for unit in units[host].stopped if unit in ALONE] for host in units}
    site.everywhere(early, lambda host: site.start(host, early[host]))
    # One alone begins: two that find an empty store both write what is to be there once, and one of them ends.
    control = {host: [unit for unit in units[host].stopped if unit in CONTROL] for host in units}
    site.start(first, control[first])
    site.everywhere(service.servers[1:], lambda host: site.start(host, control[host], "start --no-block"))
    if site.check and any(control.values()):
        return
    until_whole(partial(_answers, service, first), f"the API of {first}")
    # Nodes may join, and ask, only once the cluster knows who may.
    _apply(site, service)
    begun = {host: (*early[host], *control[host]) for host in units}
    later = {host: [unit for unit in units[host].stopped if unit not in begun[host]] for host in units}
    # A node's network waits for the node, which waits for its network: none of them is waited for by itself.
    site.everywhere(later, lambda host: site.start(host, later[host], "start --no-block"))
    outdated = {host: Units((), units[host].outdated) for host in units}
    bring_up(site, outdated, lambda: service.members, lambda: checks.nodes(service), "Kubernetes")


def _write(service: Kubernetes, text: str) -> None:
    """Write the kubeconfig that the suite uses."""
    service.kubeconfig.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(service.kubeconfig, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)


def _apply(site: Site, service: Kubernetes) -> None:
    """Apply the manifests to the cluster; what is there already stays as it is."""
    first = service.servers[0]
    kubectl = service.distribution.kubectl
    verb = "diff -f - | head -1" if site.check else "apply -f -"
    text = "\n---\n".join(manifests(site, service).values())
    for line in site.remote.run(first, f"{kubectl} {verb}", stdin=text, seconds=APPLY_SECONDS).stdout.splitlines():
        if site.check or line.split(" ")[-1] in CHANGED:
            site.record(first, line)
