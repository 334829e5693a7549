"""The Hetzner driver against a local server that answers as the API's documentation says."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from hadrill.faults.power import PowerError, driver
from hadrill.faults.power_hcloud import HcloudPower
from hadrill.faults.power_ssh import SshPower
from hadrill.inventory import Inventory
from hadrill.inventory.settings import Faults

DONE = {"id": 1, "command": "x", "status": "success", "progress": 100, "started": None, "finished": None}


def networks(public: str, private: str) -> dict[str, object]:
    """A server's, as the API tells them."""
    ipv4 = {"id": 1, "ip": public, "blocked": False, "dns_ptr": ""} if public else None
    nets = [{"network": 2, "ip": private, "alias_ips": [], "mac_address": ""}] if private else []
    ipv6 = {"id": 3, "ip": "2001:db8::/64", "blocked": False, "dns_ptr": []}
    return {"public_net": {"ipv4": ipv4, "ipv6": ipv6, "floating_ips": [], "firewalls": []}, "private_net": nets}


class Api(BaseHTTPRequestHandler):
    """One server, redis-01, and what is asked of it."""

    status = "running"
    addresses = ("203.0.113.7", "198.18.0.123")
    asked: tuple[str, ...] = ()

    def do_GET(self) -> None:
        if "/actions/" in self.path:
            self._answer({"action": {**DONE, "resources": [], "error": None}})
            return
        known = "name=redis-01" in self.path
        server = {"id": 7, "name": "redis-01", "status": type(self).status, **networks(*type(self).addresses)}
        servers = [server] if known else []
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
    Api.status, Api.asked, Api.addresses = "running", (), ("203.0.113.7", "198.18.0.123")
    server = HTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
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


@pytest.mark.parametrize(
    ("addresses", "public", "its"),
    [
        (("", "198.18.0.123"), "", True),
        # The inventory has a public address that the server has not: one shared private address shows nothing.
        (("", "198.18.0.123"), "203.0.113.7", False),
        (("203.0.113.7", "198.18.0.123"), "", True),
        (("203.0.113.7", ""), "203.0.113.7", True),
        (("203.0.113.7", "10.0.0.5"), "203.0.113.7", True),
        (("203.0.113.7", "10.0.0.5"), "", False),
        (("", ""), "", False),
        # A copy of the stack in another project: the same private addresses, but not the public one.
        (("203.0.113.8", "198.18.0.123"), "203.0.113.7", False),
    ],
)
def test_a_server_of_a_hosts_name_with_other_addresses_is_left_alone(
    addresses: tuple[str, str], public: str, its: bool, lab_inventory: Inventory, endpoint: str
) -> None:
    Api.addresses = addresses
    power = HcloudPower(with_token(lab_inventory), endpoint)
    host = dataclasses.replace(lab_inventory.host("redis-01"), public=public)
    if its:
        power.off(host)
        assert Api.asked == ("poweroff",)
        return
    theirs = ", ".join(filter(None, addresses)) or "no address"
    for verb in (power.off, power.on, power.reset, power.is_on):
        with pytest.raises(PowerError, match=f"redis-01 has {theirs}; .* has 198.18.0.123.*: another machine"):
            verb(host)
    assert not Api.asked


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
    power = driver(outside)
    assert isinstance(power, SshPower)
    assert not power.heals


def test_a_driver_of_another_package_may_be_chosen_and_one_that_nobody_has_may_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hadrill.inventory.settings.entry_points", lambda **_: [SimpleNamespace(name="ipmi")])
    assert Faults(power="ipmi").power == "ipmi"
    with pytest.raises(ValidationError, match="'hand' should be one of: ipmi"):
        Faults(power="hand")
