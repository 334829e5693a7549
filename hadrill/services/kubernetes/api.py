"""Questions to a Kubernetes API server in its own JSON, over connections that are kept, with deadlines."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from hadrill.remote.from_here import reach
from hadrill.services.asking import ANSWER_SECONDS, CONNECT_SECONDS
from hadrill.services.errors import BadAnswerError, Fields, StatusError, parsed, reading

FIRST_ERROR_STATUS = 400
CONFLICT, NOT_FOUND = 409, 404
WATCH_SECONDS = 1
"""The length of one stream of a watch: after each it is looked whether the watch is to end."""
BOOKMARK = "BOOKMARK"
"""An event without a change, which only says up to which version everything was sent."""


class ApiError(StatusError):
    """The API refused, with its status; or it did not answer, then `status` is 0."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, f"{status} {message}" if status else message)


class Api:
    """A client of the API at one address, a server's or a load balancer's. Never tries again by itself."""

    def __init__(self, kubeconfig: Path, address: str, port: int) -> None:
        # Its package takes a third of a second to load, also where an inventory has no such cluster.
        from kubernetes import client, config

        settings = client.Configuration()
        config.load_kube_config(str(kubeconfig), client_configuration=settings)
        settings.retries = urllib3.Retry(0, redirect=False)
        host, reached_port = reach(address, port)
        if host != address:
            # Its certificate is still the server's.
            settings.tls_server_name = address
        self._base = f"https://{host}:{reached_port}"
        self._rest = client.ApiClient(settings).rest_client
        self._refused: type[Exception] = client.ApiException

    def ask(self, method: str, path: str, body: object = None, *, seconds: float = ANSWER_SECONDS) -> Any:
        """The answer from JSON, or its text where it is not JSON. Raises ApiError."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        try:
            answer = self._rest.request(
                method, self._base + path, headers=headers, body=body, _request_timeout=(CONNECT_SECONDS, seconds)
            )
            content = answer.read()
        except (self._refused, urllib3.exceptions.HTTPError, OSError) as error:
            raise ApiError(0, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}") from error
        if answer.status >= FIRST_ERROR_STATUS:
            raise ApiError(answer.status, _message(content))
        try:
            return parsed(path, content)
        except BadAnswerError:
            return content.decode("utf-8", "replace")

    def get(self, path: str, seconds: float = ANSWER_SECONDS) -> Any:
        """GET."""
        return self.ask("GET", path, seconds=seconds)

    def items(self, path: str) -> list[dict[str, Any]]:
        """The objects of a list. Raises ApiError, BadAnswerError."""
        with reading(path):
            objects: list[dict[str, Any]] = self.get(path)["items"]
        return objects

    def create(self, path: str, body: dict[str, Any]) -> Any:
        """POST. Raises ApiError, with status 409 where the object is there already."""
        return self.ask("POST", path, body)

    def delete(self, path: str) -> None:
        """DELETE. An object that is not there counts as deleted."""
        try:
            self.ask("DELETE", path, {"propagationPolicy": "Background"})
        except ApiError as error:
            if error.status != NOT_FOUND:
                raise

    def close(self) -> None:
        """Close its connections; a later question opens new ones."""
        self._rest.pool_manager.clear()

    def watch(self, path: str, stop: threading.Event) -> Iterator[tuple[str, dict[str, Any]]]:
        """Changes of a list from now on, each as its type and the object, until `stop` is set. Raises ApiError."""
        from kubernetes import client, watch  # loaded when this was made

        with reading(path):
            version = self.get(path)["metadata"]["resourceVersion"]
        while not stop.is_set():
            try:
                # Each stream ends by itself, so that `stop` is noticed; the next goes on where it ended.
                for event in watch.Watch().stream(
                    self._changes, path, resource_version=version, timeout_seconds=WATCH_SECONDS
                ):
                    with reading(path):
                        kind, changed = event["type"], Fields(path, event["raw_object"])
                        version = changed["metadata"]["resourceVersion"]
                    if kind != BOOKMARK:
                        yield kind, changed
            except client.ApiException as error:
                raise ApiError(error.status or 0, f"the watch of {path} ended: {error.reason}") from error
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise ApiError(0, f"the watch of {path} ended: {error}") from error

    def _changes(self, path: str, **options: Any) -> Any:
        query = urlencode(
            {
                "watch": "1",
                "allowWatchBookmarks": "1",
                "resourceVersion": options["resource_version"],
                "timeoutSeconds": options["timeout_seconds"],
            }
        )
        place = f"{self._base}{path}{'&' if '?' in path else '?'}{query}"
        timeout = urllib3.Timeout(CONNECT_SECONDS, options["timeout_seconds"] + ANSWER_SECONDS)
        return self._rest.pool_manager.request("GET", place, preload_content=False, timeout=timeout)


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode("utf-8", "replace")[:200]
