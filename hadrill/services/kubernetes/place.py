"""A namespace of an experiment's own, and in it a small web service behind the ingress, for its clients to use."""

from datetime import UTC, datetime
from typing import Any

from hadrill.on_host import program
from hadrill.services.kubernetes.api import CONFLICT, Api, ApiError
from hadrill.services.kubernetes.service import Kubernetes
from hadrill.services.place import STALE_SECONDS

PREFIX = "hadrill-drill-"

WEB = "web"
WEB_PORT = 8080
REPLICAS = 2
PROGRAM = program("pod_page")


def namespace_of(experiment: str) -> str:
    """The experiment's namespace."""
    return f"{PREFIX}{experiment}"


def site_of(experiment: str) -> str:
    """The host name under which the ingress knows the experiment's web service."""
    return f"{namespace_of(experiment)}.invalid"


def path_of(experiment: str, kind: str) -> str:
    """Where the API keeps a kind of objects of the experiment."""
    group = {
        "deployments": "/apis/apps/v1",
        "daemonsets": "/apis/apps/v1",
        "ingresses": "/apis/networking.k8s.io/v1",
        "endpointslices": "/apis/discovery.k8s.io/v1",
    }.get(kind, "/api/v1")
    return f"{group}/namespaces/{namespace_of(experiment)}/{kind}"


def make_place(service: Kubernetes, experiment: str) -> None:
    """Make the namespace with its web service, and remove what killed runs left."""
    api = service.api()
    for name in left_over(api.items("/api/v1/namespaces"), datetime.now(UTC)):
        api.delete(f"/api/v1/namespaces/{name}")
    make(api, "/api/v1/namespaces", {"metadata": {"name": namespace_of(experiment)}})
    make(api, path_of(experiment, "configmaps"), {"metadata": {"name": "seed"}})
    make(api, path_of(experiment, "deployments"), deployment(service, WEB, REPLICAS))
    selector = {"app": WEB}
    ports = [{"port": WEB_PORT, "targetPort": WEB_PORT}]
    spec = {"selector": selector, "ports": ports}
    make(api, path_of(experiment, "services"), {"metadata": {"name": WEB}, "spec": spec})
    backend = {"service": {"name": WEB, "port": {"number": WEB_PORT}}}
    rule = {"host": site_of(experiment), "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    make(api, path_of(experiment, "ingresses"), {"metadata": {"name": WEB}, "spec": {"rules": [rule]}})


def left_over(namespaces: list[dict[str, Any]], now: datetime) -> list[str]:
    """Namespaces of experiments, older than any experiment lasts: a younger one may be in use by another run."""
    everything = [namespace["metadata"] for namespace in namespaces]
    mine = [metadata for metadata in everything if metadata["name"].startswith(PREFIX)]
    return [
        str(metadata["name"])
        for metadata in mine
        if (now - datetime.fromisoformat(metadata["creationTimestamp"])).total_seconds() > STALE_SECONDS
    ]


def remove_place(service: Kubernetes, experiment: str) -> None:
    """Remove the namespace with all that is in it, in the background."""
    service.api().delete(f"/api/v1/namespaces/{namespace_of(experiment)}")


def make(api: Api, path: str, body: dict[str, Any]) -> None:
    """Create an object that may be there already. Raises ApiError."""
    try:
        api.create(path, body)
    except ApiError as error:
        if error.status != CONFLICT:
            raise


def pods(api: Api, experiment: str, app: str = WEB) -> list[dict[str, Any]]:
    """The pods of one of the experiment's programs."""
    return api.items(f"{path_of(experiment, 'pods')}?labelSelector=app%3D{app}")


def is_ready(pod: dict[str, Any]) -> bool:
    """Whether a pod serves and is not on its way out."""
    conditions = {condition["type"]: condition["status"] for condition in pod["status"].get("conditions", ())}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


def node_of(pod: dict[str, Any]) -> str:
    """The node that a pod was given to; empty where it waits for one."""
    return str(pod["spec"].get("nodeName", ""))


def deployment(service: Kubernetes, app: str, replicas: int, node: str = "") -> dict[str, Any]:
    """The web page's pods. `node`: placed there first, if there is room, and free to go elsewhere later."""
    spec: dict[str, Any] = {
        # A pod that is asked to end gets no time: experiments are about pods that cannot be asked.
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {
                "name": WEB,
                "image": service.inventory.image("pods"),
                "imagePullPolicy": "IfNotPresent",
                "command": ["/usr/bin/python3", "-c", PROGRAM],
                "env": [_field("POD", "metadata.name"), _field("NODE", "spec.nodeName")],
                "readinessProbe": {"httpGet": {"path": "/", "port": WEB_PORT}, "periodSeconds": 1},
            }
        ],
    }
    if node:
        # Preferred and not required: the pod must be free to go elsewhere.
        term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
        preference = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": term}]}
        spec["affinity"] = {"nodeAffinity": preference}
    else:
        spread = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}
        spec["topologySpreadConstraints"] = [spread | {"labelSelector": {"matchLabels": {"app": app}}}]
        if service.agents:
            # Without a majority nobody takes a lost server's pods out of the endpoints, and clients go on meeting them.
            servers = [host.name for host in service.servers]
            term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "NotIn", "values": servers}]}
            rule = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
            spec["affinity"] = {"nodeAffinity": rule}
    template = {"metadata": {"labels": {"app": app}}, "spec": spec}
    selector = {"matchLabels": {"app": app}}
    return {
        "metadata": {"name": app},
        "spec": {"replicas": replicas, "selector": selector, "template": template},
    }


def _field(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
