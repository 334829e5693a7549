"""Ports that only a jump host reaches, through OpenSSH's own servers: found, told apart, bounded, closed at the end."""

import http.client
import http.server
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from hadrill.install.kubernetes.pki import Authority
from hadrill.inventory import Host
from hadrill.remote import Remote, forwarder, from_here
from hadrill.remote.forwarder import CARRIER
from hadrill.services.asking import silence
from hadrill.services.kubernetes.api import Api, ApiError
from hadrill.timing import Deadline, eventually
from tests.selftest.unit.jump_net import INNER, Net
from tests.selftest.unit.openssh import NEEDED, SSHD, SUDO, serving

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not SSHD or not SUDO, reason=NEEDED)
KUBECONFIG = """
apiVersion: v1
clusters: [{{name: c, cluster: {{server: "https://127.0.0.1:1", certificate-authority: {authority}}}}}]
contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
users: [{{name: u, user: {{token: t}}}}]
current-context: c
"""


class _Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{self.client_address[0]} {self.headers['Host']}".encode() * 20000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def page() -> Iterator[int]:
    """A service on the inner host; its port."""
    with http.server.ThreadingHTTPServer((INNER, 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def outside(net: Net) -> Iterator[Host]:
    """A host behind the jump host, and the ways to its ports opened."""
    host = net.host(jump=net.through)
    seen = replace(net.seen(outside=True), hosts=(host,))
    with ExitStack() as stack:
        remote = stack.enter_context(Remote(seen))
        stack.enter_context(from_here.ways(seen, remote))
        yield host


def test_ports_are_reached_through_the_jump_host(net: Net, outside: Host, page: int) -> None:
    before = net.jump.log.count("Accepted publickey")
    place = from_here.reach(outside.address, page)
    assert place[0] == "127.0.0.1"
    assert place[1] != page
    assert from_here.reach(outside.address, page) == place
    for _ in range(3):
        connection = http.client.HTTPConnection(*place, timeout=5)
        connection.request("GET", "/", headers={"Host": "orders"})
        assert connection.getresponse().read() == b"127.0.0.1 orders" * 20000
        connection.close()
    assert net.jump.log.count("Accepted publickey") == before + 1
    assert from_here.reach("127.0.0.9", page) == ("127.0.0.9", page)


def test_a_port_behind_the_jump_host_that_nobody_listens_on_is_told_from_one_that_answers(
    outside: Host, page: int
) -> None:
    from_here.try_port(outside.address, page, 2.0)
    with pytest.raises(ConnectionRefusedError):
        from_here.try_port(outside.address, 1, 2.0)
    with pytest.raises(ConnectionError), socket.create_connection(from_here.reach(outside.address, 1), 5) as client:
        client.recv(1)
    finding = silence(outside.name, outside.address, 1, "an answer", TimeoutError())
    assert finding.cause == "nothing listens on port 1: the service is stopped"


@pytest.mark.parametrize("settings", ["AllowTcpForwarding no", "DenyUsers admin"])
def test_a_way_that_ends_at_the_jump_host_says_nothing_of_the_service(net: Net, page: int, settings: str) -> None:
    with serving(net.folder / settings[:5], {"admin": net.key}, settings=settings) as shut:
        host = net.host(jump=f"admin@127.0.0.1:{shut.port}")
        seen = replace(net.seen(outside=True, known_hosts=net.known(shut, net.inner)), hosts=(host,))
        with Remote(seen) as remote, from_here.ways(seen, remote):
            place = from_here.reach(host.address, page)
            with pytest.raises(ConnectionError), socket.create_connection(place, 5) as client:
                client.recv(1)
            finding = silence(host.name, host.address, page, "an answer", TimeoutError())
    assert finding.unreachable
    shown = (
        "forwards no connections to 127.0.0.2:" if settings.startswith("Allow") else "refuses user admin with the key"
    )
    assert shown in finding.cause
    assert f"admin@127.0.0.1:{shut.port}" in finding.cause


@pytest.mark.parametrize(("names", "answers"), [(INNER, True), ("127.0.0.9", False)])
def test_the_certificate_of_a_server_behind_the_jump_host_is_still_its_own(
    outside: Host, tmp_path: Path, names: str, answers: bool
) -> None:
    authority = Authority(tmp_path, "ca")
    pair = authority.issue("server", (), (), (names,))
    (tmp_path / "chain.pem").write_text(pair.certificate + pair.key, "ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "chain.pem")
    (tmp_path / "ca.pem").write_text(authority.pair.certificate, "ascii")
    (tmp_path / "kubeconfig").write_text(KUBECONFIG.format(authority=tmp_path / "ca.pem"), "ascii")
    with http.server.ThreadingHTTPServer((INNER, 0), _Page) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api = Api(tmp_path / "kubeconfig", outside.address, server.server_address[1])
        try:
            if answers:
                assert "127.0.0.1" in api.get("/readyz")
            else:
                with pytest.raises(ApiError, match=r"MaxRetry|SSL"):
                    api.get("/readyz")
        finally:
            api.close()
            server.shutdown()


def test_connections_through_the_jump_host_are_bounded(net: Net, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarder, "MOST", 2)
    host = net.host(jump=net.through)
    seen = replace(net.seen(outside=True), hosts=(host,))
    with ExitStack() as stack:
        remote = stack.enter_context(Remote(seen))
        stack.enter_context(from_here.ways(seen, remote))
        place = from_here.reach(host.address, page)

        def ask() -> http.client.HTTPConnection:
            connection = http.client.HTTPConnection(*place, timeout=5)
            stack.callback(connection.close)
            connection.request("GET", "/")
            connection.getresponse().read()
            return connection

        first, _ = ask(), ask()
        with pytest.raises(ConnectionError):
            ask()
        first.close()

        def refused() -> str | None:
            try:
                ask()
            except ConnectionError as error:
                return str(error)
            return None

        eventually("room for another", refused, Deadline(5.0))


def test_every_end_is_closed_when_the_ways_are(net: Net, page: int) -> None:
    host = net.host(jump=net.through)
    seen = replace(net.seen(outside=True), hosts=(host,))
    with Remote(seen) as remote:
        with from_here.ways(seen, remote):
            place = from_here.reach(host.address, page)
            client = socket.create_connection(place, 5)
            client.sendall(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
            assert client.recv(4) == b"HTTP"
            idle = http.client.HTTPConnection(*place, timeout=5)
            idle.request("GET", "/")
            assert idle.getresponse().read()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(place, 5)
        assert idle.sock.recv(1) == b""
        idle.close()
        assert from_here.reach(host.address, page) == (host.address, page)
        client.close()
    eventually("its threads to end", lambda: ", ".join(_carriers()) or None, Deadline(5.0))


def _carriers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(CARRIER)]


def test_drills_are_refused_outside_and_not_inside(net: Net) -> None:
    hosts = (net.host(jump=net.through),)
    refused = from_here.why_no_drills(replace(net.seen(outside=True), hosts=hosts))
    assert refused.startswith(
        "drills need a runner inside 198.18.0.0/16: from here services are reached through admin@"
    )
    assert not from_here.why_no_drills(replace(net.seen(outside=False), hosts=hosts))
    assert not from_here.why_no_drills(replace(net.seen(), hosts=(net.host(),)))
    # By this computer's addresses: loopback's are none of the private network.
    assert from_here.why_no_drills(replace(net.seen(), hosts=hosts))
