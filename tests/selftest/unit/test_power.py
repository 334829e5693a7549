"""The Hetzner driver against a local server that answers as the API's documentation says."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from hadrill.faults.power import PowerError, driver
from hadrill.faults.power_hcloud import HcloudPower
from hadrill.faults.power_ssh import SshPower
from hadrill.inventory import Inventory

DONE = {"id": 1, "command": "x", "status": "success", "progress": 100, "started": None, "finished": None}


class Api(BaseHTTPRequestHandler):
    """One server, redis-01, and what is asked of it."""

    status = "running"
    asked: tuple[str, ...] = ()

    def do_GET(self) -> None:
        if "/actions/" in self.path:
            self._answer({"action": {**DONE, "resources": [], "error": None}})
            return
        known = "name=redis-01" in self.path
        servers = [{"id": 7, "name": "redis-01", "status": type(self).status}] if known else []
        self._answer({"servers": servers})

    def do_POST(self) -> None:
        type(self).asked += (self.path.rpartition("/")[2],)
        self._answer({"action": {**DONE, "resources": [], "error": None}})

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Silence."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    Api.status, Api.asked = "running", ()
    server = HTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def with_token(inventory: Inventory) -> Inventory:
    file = inventory.folder / "credentials" / "hcloud.env"
    file.write_text("HCLOUD_TOKEN=0123456789abcdef\n")
    file.chmod(0o600)
    return inventory


def test_the_hetzner_driver_switches_servers_by_their_names(lab_inventory: Inventory, endpoint: str) -> None:
    power = HcloudPower(with_token(lab_inventory), endpoint)
    host = lab_inventory.host("redis-01")
    assert power.is_on(host)
    power.on(host)
    assert not Api.asked
    power.off(host)
    power.reset(host)
    Api.status = "off"
    power.on(host)
    assert Api.asked == ("poweroff", "reset", "poweron")


def test_a_server_that_the_project_does_not_have_is_named(lab_inventory: Inventory, endpoint: str) -> None:
    with pytest.raises(PowerError, match=r"no server redis-02: servers bear their hosts' names"):
        HcloudPower(with_token(lab_inventory), endpoint).off(lab_inventory.host("redis-02"))


def test_a_missing_token_says_where_it_belongs(lab_inventory: Inventory) -> None:
    with pytest.raises(PowerError, match=r"no HCLOUD_TOKEN in .*hcloud\.env"):
        HcloudPower(lab_inventory)


def test_the_driver_is_chosen_by_the_inventory(keybuzz: Path, lab_inventory: Inventory) -> None:
    assert type(driver(lab_inventory)).__name__ == "LabPower"
    settings = lab_inventory.settings.model_copy(update={"lab": False})
    outside = Inventory(
        lab_inventory.folder, lab_inventory.hosts, lab_inventory.versions, settings, lab_inventory.credentials
    )
    found = driver(outside)
    assert isinstance(found, SshPower)
    assert not found.heals
