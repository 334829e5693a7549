"""Objects written and read at the API's entry point, and a page fetched through the ingress."""

from collections.abc import Sequence

from hadrill.inventory import Host
from hadrill.services.asking import failures
from hadrill.services.http import OK
from hadrill.services.kubernetes.api import Api, ApiError
from hadrill.services.kubernetes.checks import page
from hadrill.services.kubernetes.place import is_ready, make_place, path_of, pods, remove_place, site_of
from hadrill.services.kubernetes.service import API_PORT, HTTP_PORT, Kubernetes
from hadrill.services.place import Place
from hadrill.timing import Deadline, eventually
from hadrill.workload import OPERATION_SECONDS, Answer, History, Lane

PAGES = f"read new {HTTP_PORT}"
"""The lane of pages through the ingress: kubelets and proxies serve them without the API."""
PLACE_SECONDS = 60.0
READ_SECONDS = 20.0


def lanes(service: Kubernetes, experiment: str) -> Sequence[Lane]:
    """Writes and reads of the API over new and kept connections; pages over new ones, as browsers come and go."""
    api = [
        Lane(kind, connection, API_PORT, lambda: ApiClient(service.api(), experiment), refused)
        for kind in ("write", "read")
        for connection in ("new", "pooled")
    ]
    pages = Lane("read", "new", HTTP_PORT, lambda: PageClient(service.ingress_points[0], experiment), lambda _: True)
    return [*api, pages]


def refused(error: Exception) -> bool:
    """The API said no before it did anything; 5xx and silence may hide a write that was made."""
    return isinstance(error, ApiError) and 400 <= error.status < 500


class ApiClient:
    """A client of the API."""

    def __init__(self, api: Api, experiment: str) -> None:
        self._api, self._place = api, path_of(experiment, "configmaps")

    def write(self, key: str) -> Answer:
        """Create a ConfigMap of that name: etcd has it on a majority when this returns."""
        self._api.ask("POST", self._place, {"metadata": {"name": key}}, seconds=OPERATION_SECONDS)
        return Answer()

    def read(self) -> Answer:
        """Get one that is there from the beginning."""
        self._api.get(f"{self._place}/seed", seconds=OPERATION_SECONDS)
        return Answer()

    def abort(self) -> None:
        """Do nothing: its requests have deadlines of their own."""

    def close(self) -> None:
        """Close its connections."""
        self._api.close()


class PageClient:
    """A visitor of the page."""

    def __init__(self, address: str, experiment: str) -> None:
        self._address, self._site = address, site_of(experiment)

    def write(self, key: str) -> Answer:
        """Pages are only read."""
        raise NotImplementedError("pages are only read")

    def read(self) -> Answer:
        """The page, which says which pod made it."""
        answer = page(self._address, self._site, seconds=OPERATION_SECONDS)
        if answer.status != OK:
            raise OSError(f"status {answer.status}: {answer.text[:80]}")
        return Answer(answer.text)

    def abort(self) -> None:
        """Do nothing: its socket has a deadline."""

    def close(self) -> None:
        """Do nothing: no connection is kept."""


class KubernetesPlace(Place):
    """A namespace, and in it a web service that the ingress leads to."""

    def __init__(self, service: Kubernetes, name: str) -> None:
        self._kubernetes, self._name = service, name

    @property
    def lanes(self) -> Sequence[Lane]:
        """The API and a page."""
        return lanes(self._kubernetes, self._name)

    @property
    def readers(self) -> tuple[Host, ...]:
        """Servers: agents keep nothing."""
        return self._kubernetes.servers

    def make(self) -> None:
        """Make the namespace and its web service; returns when the ingress shows the page."""
        address, made = self._kubernetes.ingress_points[0], False

        def missing() -> str | None:
            nonlocal made
            try:
                # Once more where a busy server let one question wait too long: what is there already stays.
                if not made:
                    make_place(self._kubernetes, self._name)
                made = True
                if not any(map(is_ready, pods(self._kubernetes.api(), self._name))):
                    return "no pod is ready"
                status = page(address, site_of(self._name)).status
            except failures() as error:
                return str(error)
            return None if status == OK else f"the ingress says {status}"

        eventually("the workload's web service at the ingress", missing, Deadline(PLACE_SECONDS))

    def found(self, host: Host, acknowledged: set[str], history: History) -> set[str]:
        """Objects that a server lists; one that came back a moment ago may be late with its answer."""
        names: set[str] = set()

        def silent() -> str | None:
            try:
                listed = self._kubernetes.api(host.address).items(path_of(self._name, "configmaps"))
            except failures() as error:
                return str(error)
            names.update(item["metadata"]["name"] for item in listed)
            return None

        eventually(f"{host} to list what was written", silent, Deadline(READ_SECONDS))
        return acknowledged & names

    def clean(self) -> None:
        """Remove the namespace."""
        remove_place(self._kubernetes, self._name)
