"""What pods do with the data services: one small client on every node, which tries all of them again and again."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from hadrill.inventory import Inventory
from hadrill.on_host import program
from hadrill.services.errors import parsed
from hadrill.services.kubernetes.api import Api
from hadrill.services.kubernetes.place import make, node_of, path_of, pods
from hadrill.services.kubernetes.service import Kubernetes

APP = "client"
NAMES = ("postgresql", "redis", "rabbitmq", "minio", "mariadb")
LOG_BYTES = 400_000
PROGRAM = program("pod_clients")


@dataclass(frozen=True)
class Round:
    """What one pod saw of every service: `ok`, or its error; `at` is Unix time."""

    node: str
    at: float
    said: dict[str, str]


def present(inventory: Inventory) -> tuple[str, ...]:
    """Data services that the inventory has."""
    return tuple(name for name in NAMES if name in inventory.roles)


def start_clients(service: Kubernetes, drill: str, bucket: str) -> None:
    """A client on every node. `bucket` is there and may be written to."""
    api, inventory = service.api(), service.inventory
    text = json.dumps({name: _login(inventory, name, bucket) for name in present(inventory)})
    secret = {"metadata": {"name": APP}, "data": {"backends.json": base64.b64encode(text.encode()).decode()}}
    make(api, path_of(drill, "secrets"), secret)
    make(api, path_of(drill, "daemonsets"), _daemon_set(service))


def rounds(api: Api, drill: str, since: float) -> list[Round]:
    """What the pods of all nodes that can be asked have said since a moment (Unix seconds)."""
    found = []
    for pod in pods(api, drill, APP):
        place = f"{path_of(drill, 'pods')}/{pod['metadata']['name']}/log?limitBytes={LOG_BYTES}&tailLines=400"
        try:
            text = api.get(place)
        except OSError:
            continue  # kubelet of a node that is away; who needs its word asks for it by name
        # A log of one line is JSON already.
        source = f"the client on {node_of(pod)}"
        lines = [text] if isinstance(text, dict) else [parsed(source, line) for line in str(text).splitlines()]
        for said in lines:
            at = said.pop("at")
            if at >= since:
                found.append(Round(node_of(pod), at, said))
    return found


def _login(inventory: Inventory, name: str, bucket: str) -> dict[str, str]:
    secret = inventory.credentials.secret
    port = {"postgresql": 5432, "redis": 6379, "rabbitmq": 5672, "minio": 9000, "mariadb": 3306}[name]
    host = str(inventory.entry_point(port).address)
    match name:
        case "postgresql" | "mariadb":
            return {"host": host, "password": secret(name, "HADRILL_PASSWORD")}
        case "redis" | "rabbitmq":
            return {"host": host, "password": secret(name, f"{name.upper()}_PASSWORD")}
        case _:
            user, password = (secret("minio", f"MINIO_ROOT_{part}") for part in ("USER", "PASSWORD"))
            return {"host": host, "user": user, "password": password, "bucket": bucket}


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
