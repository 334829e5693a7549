"""What a chat is told, by a server on this computer that takes it, refuses it, or does not answer."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from hadrill.drill.result import Result
from hadrill.drill.verdict import Verdict
from hadrill.report.notify import MOST, message, tell
from hadrill.report.regression import Regression
from hadrill.report.summary import Summary


class Chat(HTTPServer):
    """Keeps what it was sent, and answers with one status."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/a-secret-path"


class Handler(BaseHTTPRequestHandler):
    """Reads what was posted."""

    server: Chat

    def do_POST(self) -> None:
        self.server.sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_webhook_gets_the_text(chat: Chat) -> None:
    assert tell(chat.url, "hello") == ""
    assert chat.sent == [{"text": "hello"}]


def test_a_refusal_is_told_without_the_address(chat: Chat) -> None:
    chat.status = 403
    assert tell(chat.url, "hello") == "127.0.0.1 was not told: it answered 403"
    url = chat.url
    chat.server_close()
    assert tell(url, "hello").startswith("127.0.0.1 was not told: ")


def test_the_message_says_the_verdict_first_and_what_failed() -> None:
    rows = []
    for number in range(MOST + 2):
        made = Result(str(number), "redis", "redis-01", "master", "container-kill", Verdict.FAILED, "2 lost\nmore")
        made.lost = 2
        rows.append(made.as_json())
    rows.append(Result("x", "redis", "redis-01", "master", "calm", Verdict.PASSED).as_json())
    summary = Summary("chaos", (), 90.0, {"inventory": "lab"}, tuple(rows))
    worse = [Regression("redis/master/kill", "median outage", "6.0 s", "8.0 s", 0.001)]
    lines = message(summary, worse, Path("/r"), "NOT PASSED").splitlines()
    assert lines[0] == "hadrill chaos on lab: NOT PASSED"
    assert lines[1] == f"1/13 passed, 12 failed in 1.5 min, {2 * (MOST + 2)} acknowledged writes lost"
    assert lines[2] == "failed: redis, container-kill on redis-01: 2 lost"
    assert lines[-3:] == ["and 2 more", f"worse than before: {worse[0]}", "report: /r"]
