"""A watch of Kubernetes' API: no change is missed between two streams, and its end is noticed."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from hadrill.services.kubernetes.api import Api, ApiError

KUBECONFIG = """
apiVersion: v1
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: t}}]
current-context: c
"""


def line(kind: str, version: int, **more: object) -> str:
    return json.dumps({"type": kind, "object": {"metadata": {"resourceVersion": str(version), "name": "n"}, **more}})


class Server(http.server.ThreadingHTTPServer):
    """An API whose list is at version 10; each watch gets the next of `streams`, and then streams without a change."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.streams: list[list[str]] = []
        self.watched: list[dict[str, list[str]]] = []


class Handler(http.server.BaseHTTPRequestHandler):
    """Its answers."""

    server: Server

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if "watch" not in query:
            body = json.dumps({"metadata": {"resourceVersion": "10"}, "items": []})
        else:
            self.server.watched.append(query)
            body = "".join(f"{event}\n" for event in (self.server.streams.pop(0) if self.server.streams else []))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()


@pytest.fixture
def api(server: Server, tmp_path: Path) -> Api:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    made = Api(tmp_path / "kubeconfig", "127.0.0.1", 1)
    made._base = f"http://127.0.0.1:{server.server_address[1]}"
    return made


def test_the_next_stream_goes_on_where_the_last_ended(server: Server, api: Api) -> None:
    server.streams = [[line("MODIFIED", 11), line("BOOKMARK", 15)], [], [line("ADDED", 16, spec={"a": 1})]]
    stop, seen = threading.Event(), []
    for kind, changed in api.watch("/api/v1/nodes", stop):
        seen.append((kind, changed["metadata"]["resourceVersion"], changed.get("spec")))
        if kind == "ADDED":
            stop.set()
    assert seen == [("MODIFIED", "11", None), ("ADDED", "16", {"a": 1})]
    assert [query["resourceVersion"] for query in server.watched] == [["10"], ["15"], ["15"]]


def test_a_watch_that_is_too_old_is_an_error_of_the_api(server: Server, api: Api) -> None:
    gone = {"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old resource version"}}
    server.streams = [[json.dumps(gone)]]
    with pytest.raises(ApiError, match="too old resource version") as ended:
        list(api.watch("/api/v1/nodes", threading.Event()))
    assert ended.value.status == 410


def test_a_server_that_is_gone_is_an_error_of_the_api(server: Server, api: Api) -> None:
    watching = api.watch("/api/v1/nodes", threading.Event())
    server.streams = [[line("MODIFIED", 11)]]
    next(watching)
    server.shutdown()
    server.server_close()
    with pytest.raises(ApiError, match="the watch of /api/v1/nodes ended"):
        next(watching)
