"""What Kubernetes' hosts and its API say when they are asked why something does not serve."""

import json
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

from hadrill.diagnosis import HostFacts, Order, Question, Reply, View, reached
from hadrill.inventory import Host
from hadrill.placement.unit import states
from hadrill.services.asking import failures
from hadrill.services.kubernetes.distribution import ETC, Distribution
from hadrill.services.kubernetes.service import API_PORT, Kubernetes

KUBELET_PORT = 10250
LINES = 200
SERVER_LOGS = ("etcd", "api", "controller-manager")
API = "the API"
"""Under this name stand facts that no single host tells."""
ASK_SECONDS = 2.0
KINDS = {
    "Node": "/api/v1/nodes",
    "Pod": "/api/v1/pods?fieldSelector=status.phase%3DPending",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices"
    "?labelSelector=kubernetes.io%2Fservice-name%3Dkube-dns",
    "PodDisruptionBudget": "/apis/policy/v1/poddisruptionbudgets",
}
"""What rules look at, and where the API has it."""
PORTS = {"api": API_PORT, "etcd": 2380}
"""Ports that servers need of one another."""


def orders(service: Kubernetes, since_seconds: int) -> dict[Host, Order]:
    """Every node tells of its units and kubelet; servers also what the API knows, each by its own way."""
    kind, by_host = service.distribution, {}
    for host in service.members:
        commands = {
            "units": states(kind.units(host)),
            "kubelet": kind.placement("kubelet", host).logs(since_seconds, LINES, supervisor=True),
            "ingress": "ss -ltnpH 'sport = :80'",
            "network": f"ls {ETC}/cni /var/lib/rancher/k3s/agent/etc/cni/net.d 2>/dev/null; :",
        }
        questions: dict[str, Question] = {}
        if host in service.servers:
            commands |= _of_server(kind, host, since_seconds)
            for name, port in PORTS.items():
                questions |= reached(name, service.servers, port)
        by_host[host] = Order(questions, commands)
    return by_host


def _of_server(kind: Distribution, host: Host, since_seconds: int) -> dict[str, str]:
    return {name: kind.placement(name, host).logs(since_seconds, LINES, supervisor=True) for name in SERVER_LOGS}


def told_by_api(service: Kubernetes) -> HostFacts:
    """What the API knows, asked by the runner: a kubectl on a busy server would cost it more than the answer."""
    answers = {f"ready@{host}": _answered(partial(_text, service, host.address, "/readyz")) for host in service.servers}
    for kind, path in KINDS.items():
        answers[kind] = _answered(partial(_text, service, "", path))
    return HostFacts(answers)


def _text(service: Kubernetes, address: str, path: str) -> str:
    answer = service.api(address).get(path, seconds=ASK_SECONDS)
    return answer if isinstance(answer, str) else json.dumps(answer)


def _answered(question: Callable[[], str]) -> Reply:
    try:
        return Reply(question())
    except failures() as error:
        return Reply(error=str(error))


class KubernetesFacts(View[Kubernetes]):
    """The facts of a diagnosis, read by their meaning."""

    @property
    def asked_servers(self) -> list[str]:
        """Servers that could be asked."""
        return [host.name for host in self.service.servers if host.name in self.hosts]

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """Servers, which alone have ports that others of them need."""
        names = [host.name for host in self.service.servers]
        return ((one, other) for one in self.asked_servers for other in names if other not in (one, self.victim))

    def units(self, host: str) -> dict[str, str]:
        """What systemd says of each unit of a host."""
        units = self.service.distribution.units(self.service.inventory.host(host))
        return dict(zip(units, self.answer(host, "units").text.split(), strict=False))

    def items(self, kind: str) -> list[dict[str, Any]]:
        """Objects of a kind; none where the API could not tell."""
        try:
            objects: list[dict[str, Any]] = json.loads(self.answer(API, kind).text)["items"]
        except (ValueError, KeyError):
            return []
        return objects

    def ready(self, server: str) -> bool:
        """Whether a server's API says that it is ready."""
        return self.answer(API, f"ready@{server}").text.strip() == "ok"

    @cached_property
    def nodes(self) -> dict[str, dict[str, Any]]:
        """Nodes by name, as the API knows them."""
        return {node["metadata"]["name"]: node for node in self.items("Node")}

    @cached_property
    def not_ready(self) -> dict[str, str]:
        """Why nodes are not Ready, in their own words."""
        reasons = {}
        for name, node in self.nodes.items():
            for condition in node["status"].get("conditions", ()):
                if condition["type"] == "Ready" and condition["status"] != "True":
                    reasons[name] = str(condition.get("message", ""))
        return reasons
