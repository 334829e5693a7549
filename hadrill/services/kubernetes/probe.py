"""What each node says of itself, and what the API tells of all of them."""

import threading

from hadrill.inventory import Host
from hadrill.services.errors import BadAnswerError, NoLeaderError
from hadrill.services.kubernetes.api import Api, ApiError
from hadrill.services.kubernetes.checks import page, readiness
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.member import SILENT, Member, Probe, Watch
from hadrill.timing import POLL, Timeline

ASK_SECONDS = 1.0
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
MANAGER = "kube-controller-manager"


def probe(service: Kubernetes, host: Host) -> Probe:
    """A server's own API, or an agent's own ingress."""
    if "k3s-server" not in host.roles:
        return _ingress(host)
    api = service.api(host.address)

    def ask() -> Member:
        try:
            api.get("/readyz", seconds=ASK_SECONDS)
        except ApiError as error:
            return Member("not ready", away=True) if error.status else SILENT
        return Member("server")

    return ask


def _ingress(host: Host) -> Probe:
    def ask() -> Member:
        try:
            page(host.address, "nobody.invalid", seconds=ASK_SECONDS)
        except OSError:
            return SILENT
        return Member("agent")

    return ask


def holder(api: Api, lease: str = MANAGER) -> str:
    """The name of the node whose component leads. Raises ApiError, NoLeaderError."""
    spec = api.get(f"{LEASES}/{lease}")["spec"]
    if not spec.get("holderIdentity"):
        raise NoLeaderError(f"nobody holds the lease {lease}")
    return str(spec["holderIdentity"]).partition("_")[0]


def watch_nodes(service: Kubernetes) -> Watch:
    """Every change of a node's readiness, as the API tells it."""

    def run(timeline: Timeline, stop: threading.Event) -> None:
        known: dict[str, str] = {}
        while not stop.wait(POLL):
            try:
                for _, node in service.api().watch("/api/v1/nodes", stop):
                    name, state = node["metadata"]["name"], readiness(node)
                    if known.get(name) not in (None, state["status"]):
                        phase = "detect" if state["status"] != "True" else ""
                        timeline.add("nodes", f"{name}: Ready {state['status']} ({state.get('reason')})", phase)
                    known[name] = state["status"]
            except (ApiError, BadAnswerError):
                continue

    return run


def watch_leaders(service: Kubernetes) -> Watch:
    """Who leads among controller managers and among schedulers."""

    def run(timeline: Timeline, stop: threading.Event) -> None:
        known: dict[str, str] = {}
        while not stop.wait(POLL):
            try:
                for _, lease in service.api().watch(LEASES, stop):
                    name, who = lease["metadata"]["name"], str(lease["spec"].get("holderIdentity", ""))
                    if known.get(name) not in (None, who):
                        phase = "elect" if name == MANAGER else ""
                        timeline.add("leases", f"{name} is led by {who.partition('_')[0]}", phase)
                    known[name] = who
            except (ApiError, BadAnswerError):
                continue

    return run
