"""What programs for hosts answer, asked of this computer."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hadrill import on_host
from hadrill.inventory import Inventory
from hadrill.on_host import scan
from hadrill.remote import Output, Remote
from hadrill.services.hosts import scan as ports

SECONDS = 0.8


def run(name: str, order: object) -> Any:
    """A program's answer to an order."""
    command = [sys.executable, "-c", on_host.program(name)]
    done = subprocess.run(command, input=json.dumps(order), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that takes a connection and says back what it gets, twice, unless it gets `quiet`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(connection: socket.socket) -> None:
            with connection:
                heard = connection.recv(100)
                if heard == b"quiet":
                    connection.recv(1)
                elif heard:
                    connection.sendall(2 * heard)

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                # Each its own: who is kept waiting by `quiet` must not be the others.
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_host_tells_what_each_port_said_or_why_it_said_nothing(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    order = {
        "questions": {
            "echo": ["127.0.0.1", port, "hé", ""],
            "until": ["127.0.0.1", port, "x\r\n", "x\r\n"],
            "there": ["127.0.0.1", port, "", ""],
            "quiet": ["127.0.0.1", port, "quiet", ""],
            "refused": ["127.0.0.1", closed_port(), "x", ""],
        },
        "commands": {"words": "echo out; echo err >&2; exit 1", "late": "echo begun; exec sleep 9"},
        "seconds": SECONDS,
    }
    before = time.time()
    answer = run("ask", order)
    assert before <= answer["time"] <= answer["ended"] <= time.time()
    replies = {name: (reply["text"], reply["error"]) for name, reply in answer["questions"].items()}
    assert replies["echo"] == ("héhé", "")
    assert replies["until"][0].endswith("x\r\n")
    assert replies["there"] == ("", "")
    assert replies["quiet"] == ("", "silent")
    assert replies["refused"] == ("", "refused")
    assert answer["commands"] == {"words": "out\nerr\n", "late": "begun\n"}
    assert answer["ended"] - answer["time"] < 3.0, "one deadline for all"


def test_a_scan_finds_the_ports_that_take_connections(listener: socket.socket) -> None:
    places = [("127.0.0.1", int(listener.getsockname()[1])), ("127.0.0.1", closed_port())]
    assert scan.accepted(places, SECONDS) == places[:1]
    assert run("scan", {"targets": places, "seconds": SECONDS}) == [list(places[0])]


def test_the_base_module_learns_what_is_missing() -> None:
    digests = {"one": "/no/such/file"}
    facts = run("base_facts", {"commands": ["python3", "no-such-command-here"], "digests": digests})
    assert facts["missing"] == ["no-such-command-here"]
    assert facts["digests"] == {"one": ""}
    assert facts["swap"] >= 0
    assert {"fstab", "resolved", "penalties", "ufw_loaded"} <= set(facts)


@pytest.mark.parametrize(("state", "loaded"), [("activating", True), ("failed", False)])
def test_a_firewall_that_is_just_starting_is_waited_for(
    state: str, loaded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = {
        "systemctl": f"echo {state}",
        # The third question finds the rules.
        "iptables": f"echo >> {tmp_path}/asked; [ $(wc -l < {tmp_path}/asked) -lt 3 ]"
        " || echo '-A ufw-before-input -j ufw-user-input'",
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", "ascii")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert run("base_facts", {"commands": [], "digests": {}})["ufw_loaded"] is loaded


def test_a_host_whose_sockets_cannot_be_read_is_told_and_the_others_are_scanned(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = lab_inventory.managed[:2]
    printed = {first: "10.0.0.1:22\n127.0.0.1:53\n", second: "10.0.0.2:ssh\n"}
    with Remote(lab_inventory) as remote:
        monkeypatch.setattr(remote, "run", lambda host, *_, **__: Output(0, printed.get(host, ""), ""))
        listening, silent = ports._listening(lab_inventory, remote)
    assert listening[first] == {22}
    assert list(silent) == [second]
    assert "its answer cannot be read: ValueError" in silent[second]
