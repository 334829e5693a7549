"""Objects written and read at the API's entry point, and a page fetched through the ingress."""

from collections.abc import Sequence

from hadrill.services.http import OK
from hadrill.services.kubernetes.api import Api, ApiError
from hadrill.services.kubernetes.checks import page
from hadrill.services.kubernetes.place import path_of, site_of
from hadrill.services.kubernetes.service import API_PORT, HTTP_PORT, Kubernetes
from hadrill.workload import OPERATION_SECONDS, Answer, Lane

PAGES = f"read new {HTTP_PORT}"
"""The lane of pages through the ingress: kubelets and proxies serve them without the API."""


def lanes(service: Kubernetes, drill: str) -> Sequence[Lane]:
    """Writes and reads of the API over new and kept connections; pages over new ones, as browsers come and go."""
    api = [
        Lane(kind, connection, API_PORT, lambda: ApiClient(service.api(), drill), refused)
        for kind in ("write", "read")
        for connection in ("new", "pooled")
    ]
    return [*api, Lane("read", "new", HTTP_PORT, lambda: PageClient(service.ingress_points[0], drill), lambda _: True)]


def refused(error: Exception) -> bool:
    """The API said no before it did anything; 5xx and silence may hide a write that was made."""
    return isinstance(error, ApiError) and 400 <= error.status < 500


class ApiClient:
    """One way to the API."""

    def __init__(self, api: Api, drill: str) -> None:
        self._api, self._place = api, path_of(drill, "configmaps")

    def write(self, key: str) -> Answer:
        """Create a ConfigMap of that name: etcd has it on a majority when this returns."""
        self._api.ask("POST", self._place, {"metadata": {"name": key}}, seconds=OPERATION_SECONDS)
        return Answer()

    def read(self) -> Answer:
        """Get one that is there from the beginning."""
        self._api.get(f"{self._place}/seed", seconds=OPERATION_SECONDS)
        return Answer()

    def abort(self) -> None:
        """Its requests have deadlines of their own."""

    def close(self) -> None:
        """Close its connections."""
        self._api.close()


class PageClient:
    """One visitor."""

    def __init__(self, address: str, drill: str) -> None:
        self._address, self._site = address, site_of(drill)

    def write(self, key: str) -> Answer:
        """Pages are only read."""
        raise NotImplementedError("pages are only read")

    def read(self) -> Answer:
        """The page, which says which pod made it."""
        found = page(self._address, self._site, seconds=OPERATION_SECONDS)
        if found.status != OK:
            raise OSError(f"status {found.status}: {found.text[:80]}")
        return Answer(found.text)

    def abort(self) -> None:
        """Its socket has a deadline."""

    def close(self) -> None:
        """Nothing is held."""
