"""What HAProxy tells of its servers: on a page, at its control socket by way of the host, or nowhere."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hadrill import on_host
from hadrill.adopt.recognise import adoptions
from hadrill.inventory import Host, Inventory, read
from hadrill.remote import CommandFailedError, Remote, from_here
from hadrill.services.adopting import Program
from hadrill.services.haproxy.statistics import Proxies, Server, Socket
from hadrill.services.service import UNTOLD
from hadrill.timing import Deadline, Timeline, eventually
from tests.selftest.unit.ssh_server import serving

COLUMNS = "# pxname,svname,addr,status,bck,"
SECONDS = 20.0


class Control:
    """HAProxy's control socket: it answers each question once, as this says at that moment."""

    def __init__(self, path: Path) -> None:
        self.path, self.servers, self.asked = path, [("one", "198.18.0.1", "UP")], [""]
        self.refusal = ""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            with client:
                self.asked.append(client.recv(1000).decode())
                rows = "".join(f"be,{name},{address}:6379,{status},0,\n" for name, address, status in self.servers)
                client.sendall((self.refusal or f"{COLUMNS}\n{rows}\n").encode())


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    made = Control(tmp_path / "admin.sock")
    yield made
    made.close()


def ask(order: dict[str, object]) -> str:
    command = [sys.executable, "-c", on_host.program("proxy_servers")]
    return subprocess.run(command, input=json.dumps(order), capture_output=True, text=True, check=True).stdout


def test_the_program_asks_for_the_servers_of_one_backend_alone(control: Control) -> None:
    answer = json.loads(ask({"socket": str(control.path), "backend": "be", "every": 0}))
    assert answer == {"servers": [["one", "198.18.0.1", "UP", False]], "error": ""}
    assert control.asked[-1] == "show stat be 4 -1\n"


@pytest.mark.parametrize("refusal", ["No such proxy.\n", "# pxname,svname,\nbe,one,\n"])
def test_what_the_socket_refuses_is_an_error_and_no_servers(control: Control, refusal: str) -> None:
    control.refusal = refusal
    answer = json.loads(ask({"socket": str(control.path), "backend": "be", "every": 0}))
    assert answer["servers"] == []
    assert str(control.path) in answer["error"]


@pytest.fixture
def proxy(lab_inventory: Inventory, tmp_path: Path) -> Iterator[Host]:
    """A host that is reached by SSH, as in a run."""
    with serving(lab_inventory, tmp_path) as (inventory, host), Remote(inventory) as remote:
        alone = replace(inventory, hosts=(host,))
        with from_here.ways(alone, remote):
            yield host


def test_a_proxy_is_asked_by_way_of_its_host(control: Control, proxy: Host) -> None:
    assert Socket(proxy, str(control.path)).servers("be") == [
        Server(proxy.name, "be", "one", "198.18.0.1", "UP", False)
    ]
    with pytest.raises(OSError, match=r"missing\.sock"):
        Socket(proxy, "/missing.sock").servers("be")


@pytest.fixture
def told_at(lab: Path) -> Callable[[str], Proxies]:
    """Proxies that tell of themselves where topology.yaml says."""

    def proxies(place: str) -> Proxies:
        entry = f"components: {{haproxy: {{statistics: {place}}}}}"
        (lab / "topology.yaml").write_text(f"clusters:\n  - name: proxy\n    service: haproxy\n    {entry}\n")
        return Proxies(read(lab))

    return proxies


def test_a_change_is_an_event_that_ends_the_phase(
    control: Control, proxy: Host, told_at: Callable[[str], Proxies]
) -> None:
    timeline, stop = Timeline(), threading.Event()
    watch = told_at(str(control.path)).watch(proxy, "be")
    thread = threading.Thread(target=watch, args=(timeline, stop))
    thread.start()
    try:
        eventually("the first look", lambda: None if len(control.asked) > 2 else "none", Deadline(SECONDS))
        control.servers = [("one", "198.18.0.2", "UP")]
        eventually("an event", lambda: None if timeline.events else "none", Deadline(SECONDS))
    finally:
        stop.set()
        thread.join()
    assert [event.text for event in timeline.events] == ["be leads to 198.18.0.2"]


TOLD = {
    "the socket, as a page without legends names no addresses": ("listen s\n bind :80\n stats enable\n", "/run/a.sock"),
    "a page with addresses": ("listen s\n bind :80\n stats show-legends\n stats uri /x\n", "80/x"),
    "no page behind a password": ("listen s\n bind :80\n stats enable\n stats auth a:b\n", "/run/a.sock"),
}


@pytest.mark.parametrize("which", TOLD)
def test_where_a_strangers_haproxy_tells_of_its_servers_is_in_its_file(which: str) -> None:
    text, place = TOLD[which]
    file = f"global\n stats socket /run/a.sock mode 600\nlisten a\n bind :6379\n server s 198.18.0.1:6379\n{text}"
    program = Program(1, ("haproxy", "-f", "/etc/haproxy/haproxy.cfg"), ports=(6379,))
    told = adoptions()["haproxy"].told(program, {"/etc/haproxy/haproxy.cfg": file})
    assert told.statistics == place


def test_one_that_tells_nothing_is_said_to_and_stops_nobody(told_at: Callable[[str], Proxies], proxy: Host) -> None:
    program = Program(1, ("haproxy", "-f", "/a.cfg"), ports=(6379,))
    file = "listen a\n bind :6379\n server s 198.18.0.1:6379\n"
    assert adoptions()["haproxy"].told(program, {"/a.cfg": file}).statistics == UNTOLD
    proxies = told_at(UNTOLD)
    assert proxies.why_not_leading_to([proxy], "be", proxy) is None
    assert proxies.why_not_all_used([proxy], "be") is None
    with pytest.raises(OSError, match="neither a page nor a socket"):
        proxies.servers(proxy, "be")


def test_a_program_that_ends_by_itself_is_told_and_not_begun_again_at_once(proxy: Host) -> None:
    with pytest.raises(CommandFailedError, match=r"ended with 3"):
        list(from_here.opened().follow(proxy, "echo one; exit 3", "", threading.Event()))
    assert list(from_here.opened().follow(proxy, "echo one; echo two", "", threading.Event())) == ["one", "two"]
