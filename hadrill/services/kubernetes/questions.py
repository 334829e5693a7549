"""Questions of checks: each returns None where its sentence holds, else why not. They may raise asking.failures()."""

import uuid
from typing import Any

from hadrill.inventory import Host
from hadrill.services.http import OK
from hadrill.services.kubernetes import checks
from hadrill.services.kubernetes.api import NOT_FOUND, Api, ApiError
from hadrill.services.kubernetes.place import is_ready, node_of, path_of, pods, site_of
from hadrill.services.kubernetes.service import Kubernetes

SLICES = "/apis/discovery.k8s.io/v1/namespaces/ingress/endpointslices"
CORDONED = "node.kubernetes.io/unschedulable"
ENDED = ("Succeeded", "Failed")
"""Phases of a pod that runs no more."""
OF_INGRESS = "labelSelector=kubernetes.io%2Fservice-name%3Dtraefik"


def why_not_taking_writes(service: Kubernetes, experiment: str) -> str | None:
    """The API at its entry point takes a write just now."""
    service.api().create(path_of(experiment, "configmaps"), {"metadata": {"name": f"asked-{uuid.uuid4().hex[:8]}"}})
    return None


def why_not_all_ready(service: Kubernetes, hosts: list[Host]) -> str | None:
    """All of these nodes are Ready."""
    listed = {node["metadata"]["name"]: node for node in service.api().items("/api/v1/nodes")}
    there = [host for host in hosts if host.name in listed]
    ready = [host.name for host in there if checks.readiness(listed[host.name])["status"] == "True"]
    return None if len(ready) == len(hosts) else f"of {len(hosts)} servers only {', '.join(ready) or 'none'}"


def why_not_all_answering(service: Kubernetes, servers: list[Host]) -> str | None:
    """All of these API servers are ready, and the entry point leads to one that answers."""
    for host in servers:
        service.api(host.address).get("/readyz")
    service.api().get("/api/v1/namespaces")
    return None


def why_not_noticed(service: Kubernetes, node: Host) -> str | None:
    """The cluster has noticed that a node is gone."""
    state = checks.readiness(service.api().get(f"/api/v1/nodes/{node}"))
    return "still Ready" if state["status"] == "True" else None


def renewed(service: Kubernetes, node: Host) -> str:
    """When a node's kubelet said last that it lives, in its own words."""
    return str(service.api().get(f"{checks.NODE_LEASES}/{node}")["spec"]["renewTime"])


def why_not_back(service: Kubernetes, node: Host, before: str) -> str | None:
    """A node's kubelet lives again, and every node is Ready; so are a server's own API and its part of etcd.

    `before` is the last time before the loss at which its kubelet said that it lives: that must have changed, as Ready
    stays what it was for the whole grace period.
    """
    if renewed(service, node) == before:
        return f"its kubelet has said nothing since {before}"
    checks.nodes(service)
    if node in service.servers:
        service.api(node.address).get("/readyz")
    return None


def why_not_moved(service: Kubernetes, experiment: str, app: str, before: str, victim: Host) -> str | None:
    """A program has a new pod, ready on another node. `before` is the old pod's UID."""
    there = [pod for pod in pods(service.api(), experiment, app) if is_ready(pod)]
    new = [pod for pod in there if pod["metadata"]["uid"] != before and node_of(pod) != victim.name]
    return None if new else "no new pod is ready on another node"


def why_not_drainable(service: Kubernetes, node: Host) -> str | None:
    """Every pod that would have to leave a node is made again elsewhere, by a controller."""
    alone = [
        _name(pod)
        for pod in _leaving(service.api(), node)
        if not any(owner.get("controller") for owner in pod["metadata"].get("ownerReferences", ()))
    ]
    return f"nobody would make {', '.join(alone)} again: no controller has them" if alone else None


def scratch(service: Kubernetes, node: Host) -> list[str]:
    """Pods whose scratch volumes (emptyDir) end with them when they leave a node."""
    leaving = _leaving(service.api(), node)
    return [_name(pod) for pod in leaving if any("emptyDir" in volume for volume in pod["spec"].get("volumes", ()))]


def why_not_empty(service: Kubernetes, node: Host) -> str | None:
    """Only pods of DaemonSets, and kubelet's own, are on a node. Evicts the others each time it is called."""
    api = service.api()
    left = [f"{_name(pod)}{_refusal(api, pod)}" for pod in _leaving(api, node)]
    return f"still there: {', '.join(left)}" if left else None


def _leaving(api: Api, node: Host) -> list[dict[str, Any]]:
    """Pods of a node that run elsewhere too: not DaemonSets' and not kubelet's own."""
    return [
        pod
        for pod in api.items(f"/api/v1/pods?fieldSelector=spec.nodeName%3D{node}")
        if not {"DaemonSet", "Node"} & {owner["kind"] for owner in pod["metadata"].get("ownerReferences", ())}
        and pod.get("status", {}).get("phase") not in ENDED
    ]


def _name(pod: dict[str, Any]) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _refusal(api: Api, pod: dict[str, Any]) -> str:
    """Ask a pod to go, unless it goes already. Returns why it may not, as a PodDisruptionBudget may say."""
    if "deletionTimestamp" in pod["metadata"]:
        return ""
    name = {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}
    path = f"/api/v1/namespaces/{name['namespace']}/pods/{name['name']}/eviction"
    try:
        api.create(path, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": name})
    except ApiError as error:
        return f" ({error})" if error.status != NOT_FOUND else ""
    return ""


def why_not_schedulable(service: Kubernetes, node: Host) -> str | None:
    """New pods may be placed on a node."""
    spec = service.api().get(f"/api/v1/nodes/{node}")["spec"]
    tainted = CORDONED in [taint["key"] for taint in spec.get("taints", ())]
    return "it is cordoned" if spec.get("unschedulable") or tainted else None


def why_not_placed(service: Kubernetes, experiment: str, app: str, node: Host) -> str | None:
    """The one pod of a program is ready on a node."""
    places = [node_of(pod) for pod in pods(service.api(), experiment, app) if is_ready(pod)]
    return None if places == [node.name] else f"ready on {', '.join(places) or 'no node'}"


def system_pods(service: Kubernetes, but: Host) -> dict[str, str]:
    """Names by UID of the system's pods that are ready, on every node but one."""
    api = service.api()
    listed = [pod for space in checks.NAMESPACES for pod in api.items(f"/api/v1/namespaces/{space}/pods")]
    ready = [pod for pod in listed if is_ready(pod) and node_of(pod) != but.name]
    return {pod["metadata"]["uid"]: pod["metadata"]["name"] for pod in ready}


def why_not_still_ready(service: Kubernetes, before: dict[str, str], victim: Host) -> str | None:
    """All of the system's pods that were ready before are still ready."""
    now = system_pods(service, victim)
    gone = [name for uid, name in before.items() if uid not in now]
    return f"not ready any more: {', '.join(gone)}" if gone else None


def why_not_ingress_ready(service: Kubernetes, node: Host, *, ready: bool) -> str | None:
    """The ingress' endpoint on a node is ready (or is not, without `ready`), and those on all other nodes are."""
    states = {
        endpoint["nodeName"]: bool(endpoint["conditions"].get("ready"))
        for piece in service.api().items(f"{SLICES}?{OF_INGRESS}")
        for endpoint in piece.get("endpoints") or ()
    }
    others = [host.name for host in service.members if host != node and not states.get(host.name)]
    if others:
        return f"no ready ingress on {', '.join(others)}"
    return None if states.get(node.name, False) == ready else f"its endpoint is {'not ready' if ready else 'ready'}"


def why_not_serving(experiment: str, node: Host) -> str | None:
    """A node's own ingress leads to the experiment's web service."""
    page = checks.page(node.address, site_of(experiment))
    return None if page.status == OK else f"its own ingress says {page.status}: {page.text[:80]}"
