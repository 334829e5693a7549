"""Clients of the data services in pods: one on every node, which asks all of the services again and again."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from hadrill.inventory import Inventory
from hadrill.on_host import program
from hadrill.services import registry
from hadrill.services.clusters import present as is_present
from hadrill.services.errors import parsed
from hadrill.services.kubernetes.api import Api
from hadrill.services.kubernetes.place import make, node_of, path_of, pods
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.service import PodClient

APP = "client"
Login = dict[str, str]
NAMES = tuple(known.name for known in registry.services() if known.pod_client)
"""Services that pods can try."""
LOG_BYTES = 400_000
PROGRAM = program("pod_clients")


@dataclass(frozen=True)
class PodReport:
    """One line of a pod's client: for each service `ok`, or the error. `at` is Unix time."""

    node: str
    at: float
    results: dict[str, str]


def present(inventory: Inventory) -> tuple[str, ...]:
    """Data services that the inventory has."""
    return tuple(name for name in NAMES if is_present(inventory, name))


@contextmanager
def logins(inventory: Inventory, experiment: str, say: Callable[[str], None]) -> Iterator[dict[str, Login]]:
    """How pods log in to each service. What is made for them in a service is removed at the end."""
    with ExitStack() as places:
        known = {}
        for name in present(inventory):
            client, first = client_of(name), inventory.clusters_of(name)[0]
            if not first.only:
                say(f"pods try {first} alone of the clusters of {name}")
            about = inventory.about(first)
            known[name] = registry.load(client.login)(about)
            if client.place:
                known[name] |= places.enter_context(registry.load(client.place)(about, experiment, say))
        yield known


def start_clients(service: Kubernetes, experiment: str, known: Mapping[str, Login]) -> None:
    """Start a client on every node, for the services that it can log in to."""
    api = service.api()
    data = {name: base64.b64encode(text.encode()).decode() for name, text in files_for(known).items()}
    secret = {"metadata": {"name": APP}, "data": data}
    make(api, path_of(experiment, "secrets"), secret)
    make(api, path_of(experiment, "daemonsets"), _daemon_set(service))


def why_not_started(service: Kubernetes, experiment: str) -> str | None:
    """None once the pod on every node has written its first line."""
    nodes = {host.name for host in service.members}
    missing = nodes - {report.node for report in reports(service.api(), experiment, 0.0)}
    return f"nothing from {', '.join(sorted(missing))}" if missing else None


def reports(api: Api, experiment: str, since: float) -> list[PodReport]:
    """The lines of the pods of all nodes that can be asked, since a moment (Unix seconds)."""
    made = []
    for pod in pods(api, experiment, APP):
        place = f"{path_of(experiment, 'pods')}/{pod['metadata']['name']}/log?limitBytes={LOG_BYTES}&tailLines=400"
        try:
            text = api.get(place)
        except OSError:
            continue  # the node is away: whoever judges its reports sees that there are none
        # A log of one line is JSON already.
        source = f"the client on {node_of(pod)}"
        lines = [text] if isinstance(text, dict) else [parsed(source, line) for line in str(text).splitlines()]
        for results in lines:
            at = results.pop("at")
            if at >= since:
                made.append(PodReport(node_of(pod), at, results))
    return made


def files_for(known: Mapping[str, Login]) -> dict[str, str]:
    """The files that clients read: the logins, and the source of each service's round trip."""
    sources = {f"{name}.py": _source(client_of(name).module) for name in known}
    return {"backends.json": json.dumps(known), **sources}


def client_of(name: str) -> PodClient:
    """How pods try a service. Raises LookupError."""
    client = registry.service(name).pod_client
    if client is None:
        raise LookupError(f"pods cannot try {name}")
    return client


def _source(module: str) -> str:
    """The text of a module, which is not loaded here."""
    package, _, name = module.rpartition(".")
    return files(package).joinpath(f"{name}.py").read_text("utf-8")


def _daemon_set(service: Kubernetes) -> dict[str, Any]:
    container = {
        "name": APP,
        "image": service.inventory.image("pods"),
        "imagePullPolicy": "IfNotPresent",
        "command": ["/usr/bin/python3", "-c", PROGRAM],
        "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "volumeMounts": [{"name": "backends", "mountPath": "/etc/backends", "readOnly": True}],
    }
    spec = {
        "terminationGracePeriodSeconds": 1,
        "tolerations": [{"operator": "Exists"}],
        "containers": [container],
        "volumes": [{"name": "backends", "secret": {"secretName": APP}}],
    }
    return {
        "metadata": {"name": APP},
        "spec": {
            "selector": {"matchLabels": {"app": APP}},
            "template": {"metadata": {"labels": {"app": APP}}, "spec": spec},
        },
    }
