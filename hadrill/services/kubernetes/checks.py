"""What is true of a healthy Kubernetes, asked of every server and of the cluster itself."""

from datetime import datetime
from typing import Any

from hadrill.services.asking import ANSWER_SECONDS, ask
from hadrill.services.errors import BadAnswerError, reading
from hadrill.services.finding import CheckFailedError, Finding, require
from hadrill.services.http import NOT_FOUND, Page, get
from hadrill.services.kubernetes.service import API_PORT, HTTP_PORT, Kubernetes

NAMESPACES = ("kube-system", "ingress")
NODE_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


def api(service: Kubernetes) -> None:
    """Every server's API is ready, and so is its part of etcd; the entry point leads to one of them."""
    _, findings = ask(
        service.servers, lambda host: bool(service.api(host.address).get("/readyz")), API_PORT, "/readyz to say ok"
    )
    if not findings:
        try:
            service.api().get("/readyz")
        except OSError as error:
            cause = "the load balancer leads to no server"
            findings = [Finding(service.entry_point, "the API at the entry point", str(error), cause)]
    require(findings)


def nodes(service: Kubernetes) -> None:
    """Every host of the inventory is a node and Ready, and no other is."""
    listed = {node["metadata"]["name"]: readiness(node) for node in _items(service, "/api/v1/nodes")}
    findings = []
    for host in service.members:
        state = listed.pop(host.name, None)
        if state is None:
            cause = "its kubelet never joined: wrong token, another certificate authority, or it does not run"
            findings.append(Finding(host.name, "a node of that name", "none", cause))
        elif state["status"] != "True":
            cause = "its kubelet does not report, or its runtime or network is not ready"
            actual = f"{state['status']}: {state.get('reason', '')}: {state.get('message', '')}"
            findings.append(Finding(host.name, "Ready", actual, cause))
    findings += _silent(_items(service, NODE_LEASES)) if not findings else []
    findings += [
        Finding(name, "only hosts of the inventory", "a node of that name", "a host that left, or two names for one")
        for name in listed
    ]
    require(findings)


def _silent(leases: list[dict[str, Any]]) -> list[Finding]:
    """Nodes that are Ready only because nobody has noticed yet: by the others' clocks, a lease of a kubelet is over."""
    with reading(NODE_LEASES):
        spoke = {lease["metadata"]["name"]: datetime.fromisoformat(lease["spec"]["renewTime"]) for lease in leases}
        lasts = {lease["metadata"]["name"]: int(lease["spec"]["leaseDurationSeconds"]) for lease in leases}
    late = {name: (max(spoke.values()) - at).total_seconds() for name, at in spoke.items()}
    cause = "it lost its power or its network a moment ago, or its kubelet stands still"
    return [
        Finding(name, f"its kubelet to speak every {lasts[name]} s", f"{seconds:.0f} s of silence", cause)
        for name, seconds in late.items()
        if seconds > lasts[name]
    ]


def workloads(service: Kubernetes) -> None:
    """Every Deployment and DaemonSet of the system has all its pods ready: names, metrics, storage, ingress."""
    cause = "`kubectl describe` of its pods says what they wait for"
    findings, seen = [], 0
    for namespace in NAMESPACES:
        base = f"/apis/apps/v1/namespaces/{namespace}"
        for deployment in _items(service, f"{base}/deployments"):
            expected, have = deployment["spec"]["replicas"], deployment["status"].get("readyReplicas", 0)
            findings.append(_short_of(f"{namespace}/{deployment['metadata']['name']}", expected, have, cause))
            seen += 1
        for daemon_set in _items(service, f"{base}/daemonsets"):
            # Not what it wants itself: it counts only nodes where it may run.
            expected, have = len(service.members), daemon_set["status"].get("numberReady", 0)
            findings.append(_short_of(f"{namespace}/{daemon_set['metadata']['name']}", expected, have, cause))
            seen += 1
    if not seen:
        raise CheckFailedError([Finding("the cluster", "addons", "none", "`fab kubernetes` did not finish")])
    require(findings)


def ingress(service: Kubernetes) -> None:
    """Every node's own ingress answers, and so does every public load balancer."""
    places = [(host.name, host.address) for host in service.members]
    places += [("load balancer", address) for address in service.ingress_points]
    findings = []
    for name, address in places:
        try:
            status = page(address, "nobody.invalid").status
        except OSError as error:
            cause = "no ingress pod on that node, or port 80 is taken or filtered"
            findings.append(Finding(name, f"an ingress on {address}:{HTTP_PORT}", str(error), cause))
        else:
            if status != NOT_FOUND:
                cause = "another program answers on that port"
                findings.append(Finding(name, "404 for a name that nobody has", str(status), cause))
    require(findings)


ALL = (api, nodes, workloads, ingress)
"""Every check of this service, in the order of the report."""


def readiness(node: dict[str, Any]) -> dict[str, str]:
    """The condition Ready of a node: its `status` (True, False, Unknown), `reason` and `message`."""
    for condition in node["status"].get("conditions", ()):
        if condition["type"] == "Ready":
            return dict(condition)
    return {"status": "Unknown", "reason": "NoCondition"}


def page(address: str, name: str, seconds: float = ANSWER_SECONDS) -> Page:
    """A site's first page, over a connection of its own. Raises OSError."""
    return get(address, HTTP_PORT, "/", seconds, Host=name, Connection="close")


def _items(service: Kubernetes, path: str) -> list[dict[str, Any]]:
    """A list of the API, asked at the entry point. Raises CheckFailedError where it does not answer."""
    try:
        return service.api().items(path)
    except (OSError, BadAnswerError) as error:
        cause = "etcd is slow or has no majority, or a server that does not serve still gets connections"
        raise CheckFailedError([Finding(service.entry_point, f"the API to list {path}", str(error), cause)]) from error


def _short_of(name: str, expected: int, have: int, cause: str) -> Finding | None:
    return Finding(name, f"{expected} pods ready", str(have), cause) if have < expected else None
