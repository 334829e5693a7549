"""How the causes look in the facts: each function returns the lines that show one, and none where it is not there.

Signatures are words of kubelet's and the API server's logs, and conditions of nodes and pods.
"""

from collections.abc import Iterator

from hadrill.services.kubernetes.facts import SERVER_LOGS, KubernetesFacts

INGRESS = "traefik"


def token(view: KubernetesFacts) -> Iterator[str]:
    """Nodes that the API does not know by their join token."""
    for host in _not_joined(view):
        yield from view.log(host, "kubelet", "(?i)unauthorized|token .*(invalid|not valid)|bootstrap.*(401|forbidden)")


def authority(view: KubernetesFacts) -> Iterator[str]:
    """Nodes that do not believe the API server's certificate, or it theirs."""
    for host in _not_joined(view):
        yield from view.log(
            host, "kubelet", "signed by unknown authority|CA hash .*not match|unknown certificate authority"
        )


def certificate(view: KubernetesFacts) -> Iterator[str]:
    """Certificates that are over, or for other names."""
    words = "certificate has expired|certificate is (valid for .*, not|not valid)|incompatible key usage|any IP SANs"
    for host in view.hosts:
        for log in ("kubelet", *SERVER_LOGS) if host in view.asked_servers else ("kubelet",):
            yield from view.log(host, log, words)


def names_twice(view: KubernetesFacts) -> Iterator[str]:
    """Two hosts under one node name."""
    for host in view.service.members:
        addresses = [
            address["address"]
            for address in view.nodes.get(host.name, {}).get("status", {}).get("addresses", ())
            if address["type"] == "InternalIP"
        ]
        if addresses and host.address not in addresses:
            yield f"node {host} reports {', '.join(addresses)}; the inventory says {host.address}"


def no_quorum(view: KubernetesFacts) -> Iterator[str]:
    """A majority of etcd is not there."""
    etcd = {name: view.units(name).get(_etcd(view)) for name in view.asked_servers}
    down = [name for name, state in etcd.items() if state != "active"]
    if len(view.service.servers) - len(down) <= len(view.service.servers) // 2:
        yield f"etcd does not run on {', '.join(down)}: {len(etcd) - len(down)} of {len(view.service.servers)} are left"
    unready = [name for name in view.asked_servers if not _ready(view, name)]
    # One that is cut off misses a leader too, while the others have one.
    if len(view.asked_servers) - len(unready) <= len(view.service.servers) // 2:
        for name in unready:
            yield from view.log(name, "etcd", "lost leader|no leader|is starting a new election")[-1:]


def runtime(view: KubernetesFacts) -> Iterator[str]:
    """Nodes whose container runtime is down."""
    for host in view.hosts:
        runtime = view.service.distribution.separate.get("runtime")
        unit = runtime.unit if runtime else ""
        if unit and view.units(host).get(unit) != "active":
            yield f"{host}: {unit} is {view.units(host).get(unit, 'not there')}"
    for name, message in view.not_ready.items():
        text = message.lower()
        if "runtime is down" in message or ("runtime not ready" in text and "network" not in text):
            yield f"{name}: {message}"


def network(view: KubernetesFacts) -> Iterator[str]:
    """Nodes without a network for pods."""
    for name, message in view.not_ready.items():
        if "cni" in message.lower() or "network plugin" in message.lower():
            yield f"{name}: {message}"


def resolver(view: KubernetesFacts) -> Iterator[str]:
    """Nobody answers names."""
    slices = view.items("EndpointSlice")
    ready = [e for piece in slices for e in piece.get("endpoints") or () if e["conditions"].get("ready")]
    if view.nodes and not ready:
        yield "the service kube-dns has no ready endpoint"


def port_taken(view: KubernetesFacts) -> Iterator[str]:
    """Another program has the ingress' port."""
    for host in view.hosts:
        for line in view.answer(host, "ingress").text.splitlines():
            if "users:" in line and INGRESS not in line:
                yield f"{host}: {line.split('users:')[1]} listens on port 80"


def taints(view: KubernetesFacts) -> Iterator[str]:
    """Pods that may run nowhere."""
    for pod in view.items("Pod"):
        for condition in pod["status"].get("conditions", ()):
            if condition["type"] == "PodScheduled" and "taint" in condition.get("message", ""):
                yield f"{pod['metadata']['namespace']}/{pod['metadata']['name']}: {condition['message']}"


def disruptions(view: KubernetesFacts) -> Iterator[str]:
    """Budgets that let no pod go."""
    for allowance in view.items("PodDisruptionBudget"):
        status = allowance["status"]
        if status.get("expectedPods", 0) and not status.get("disruptionsAllowed", 0):
            name = f"{allowance['metadata']['namespace']}/{allowance['metadata']['name']}"
            yield f"{name} allows no disruption of its {status['expectedPods']} pods: a drain waits for ever"


def stopped(view: KubernetesFacts) -> Iterator[str]:
    """Components that do not run."""
    for host in view.hosts:
        for unit, state in view.units(host).items():
            if state != "active":
                yield f"{host}: {unit} is {state}"


def absent(view: KubernetesFacts) -> Iterator[str]:
    """Hosts that are no nodes, for whatever reason."""
    if view.nodes:
        for host in view.hosts:
            if host not in view.nodes:
                yield f"{host} is no node of the cluster"


def _not_joined(view: KubernetesFacts) -> list[str]:
    """Nodes whose kubelet may have something to say: they are not there, or not Ready."""
    return [host for host in view.hosts if host not in view.nodes or host in view.not_ready]


def _ready(view: KubernetesFacts, host: str) -> bool:
    return host not in view.asked_servers or view.ready(host)


def _etcd(view: KubernetesFacts) -> str:
    return view.service.distribution.unit("etcd", view.service.servers[0])
