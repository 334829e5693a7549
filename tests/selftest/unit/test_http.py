"""The one HTTP client: its connection is kept, its questions end in time, and it fails as a socket does."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from hadrill.inventory import Host
from hadrill.services import http
from hadrill.services.errors import BadAnswerError
from hadrill.services.haproxy.statistics import Page, probe
from hadrill.services.http import Pages, get, get_json, request_json
from hadrill.services.member import SILENT, Member
from hadrill.timing import Deadline, eventually

AND_CLOSE = b"<closed>"


class Server:
    """Answers each request with the next of the given texts; an empty one closes the connection instead."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.requests: list[str] = []
        self.connections = 0
        self.delay = 0.0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while request := connection.recv(65536).decode():
                while request.startswith("POST") and not request.endswith("}"):
                    request += connection.recv(65536).decode()
                self.requests.append(request)
                if not self.answers or not (answer := self.answers.pop(0)):
                    return
                threading.Event().wait(self.delay)
                connection.sendall(answer.removesuffix(AND_CLOSE))
                if answer.endswith(AND_CLOSE):
                    return


def answered(body: bytes, status: str = "200 OK", media: str = "text/plain") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def server() -> Iterator[Server]:
    with closing(Server()) as made:
        yield made


def test_a_connection_is_kept_and_opened_anew_where_the_server_closed_it(server: Server) -> None:
    server.answers = [answered(b"one"), answered(b"two", "503 Busy"), b"", answered(b"three")]
    with closing(Pages("127.0.0.1", server.port, 2.0)) as pages:
        assert pages.ask("/a").text == "one"
        page = pages.ask("/b")
        assert (page.status, page.reason, page.text) == (503, "Busy", "two")
        assert server.connections == 1
        with pytest.raises(OSError, match=r"closed|reset|aborted"):
            pages.ask("/c")
        assert pages.ask("/d").text == "three"
    assert server.connections == 2
    # Nothing was asked a second time.
    assert [request.split()[1] for request in server.requests] == ["/a", "/b", "/c", "/d"]


def test_a_connection_that_the_server_closed_meanwhile_costs_no_question(server: Server) -> None:
    server.answers = [answered(b"one") + AND_CLOSE, answered(b"two")]
    with closing(Pages("127.0.0.1", server.port, 2.0)) as pages:
        assert pages.ask("/a").text == "one"

        def still_open() -> str | None:
            return "connected" if pages._connection.is_connected else None

        eventually("the server's end to arrive", still_open, Deadline(5))
        assert pages.ask("/b").text == "two"
    assert server.connections == 2


def test_a_proxy_answers_by_its_statistics_page_and_is_silent_where_that_is_none(server: Server) -> None:
    head = b"# pxname,svname,addr,status,bck\n"
    server.answers = [answered(head), answered(b"no", "503 Busy"), answered(b"<html>"), b"", answered(head)]
    host = Host("proxy-01", "127.0.0.1", "", "proxy-01.test", "haproxy", "proxy", "", 2)
    ask = probe(Page(host, server.port))
    assert [ask() for _ in range(5)] == [Member("proxy"), SILENT, SILENT, SILENT, Member("proxy")]
    assert server.connections == 2, "it is kept as long as the proxy keeps it"
    assert "scope=none" in server.requests[0]


def test_what_is_not_there_and_what_is_silent_fail_as_a_socket_does(server: Server) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as gone:
        nobody = gone.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        get("127.0.0.1", nobody, "/")
    server.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]
    begun = time.monotonic()
    with pytest.raises(TimeoutError, match=rf"127.0.0.1:{server.port}/ did not answer within 0.2 s"):
        get("127.0.0.1", server.port, "/", seconds=0.2)
    assert time.monotonic() - begun < 2


def test_an_answer_may_take_longer_than_a_connection(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.1)
    server.answers, server.delay = [answered(b"late"), answered(b"late again")], 0.3
    with closing(Pages("127.0.0.1", server.port, 5.0)) as pages:
        assert pages.ask("/").text == "late"
        assert pages.ask("/").text == "late again", "over the kept connection too"


def test_what_is_no_http_is_an_oserror_that_says_so(server: Server) -> None:
    server.answers = [b"J\0\0\0\n5.5.30 ProxySQL"]
    with pytest.raises(OSError, match=rf"127.0.0.1:{server.port} answered no HTTP: BadStatusLine J"):
        get("127.0.0.1", server.port, "/", seconds=1.0)


def test_redirects_are_answers_and_are_not_followed(server: Server) -> None:
    server.answers = [b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"]
    assert get("127.0.0.1", server.port, "/", Host="nobody.invalid").status == 302
    assert "Host: nobody.invalid\r\n" in server.requests[0]


def test_json_is_read_with_a_login_and_errors_are_raised(server: Server) -> None:
    json = "application/json; charset=utf-8"
    server.answers = [
        answered(b'{"role": "primary"}', media=json),
        answered(b"Switched over", media="text/html"),
        answered(b"no", "412 Precondition Failed"),
        answered(b"<html>", media=json),
    ]
    assert get_json("127.0.0.1", server.port, "/a", ("user", "secret"))["role"] == "primary"
    assert "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n" in server.requests[0].replace("authorization", "Authorization")
    assert request_json("POST", "127.0.0.1", server.port, "/b", body={"leader": "x"}) == "Switched over"
    assert server.requests[1].endswith('{"leader": "x"}')
    with pytest.raises(OSError, match="HTTP Error 412: Precondition Failed"):
        get_json("127.0.0.1", server.port, "/c")
    with pytest.raises(BadAnswerError):
        get_json("127.0.0.1", server.port, "/d")
