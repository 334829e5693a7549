"""The lab itself: power, networks, and what must survive."""

import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from hadrill.inventory import Inventory
from hadrill.lab.lab import Lab
from hadrill.remote import Remote
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.redis.service import Redis
from tests.selftest.lab.suite import until_healthy

Loud = Callable[..., str]
POWERED_OFF_SECONDS = 30.0


@pytest.mark.usefixtures("healed")
def test_13_checks_with_one_machine_off_end_in_time_and_name_it(
    lab_inventory: Inventory, basic: Callable[[], dict[str, Any]]
) -> None:
    lab = Lab(lab_inventory)
    lab.cut_power("redis-02")
    try:
        started = time.monotonic()
        summary = basic()
        seconds = time.monotonic() - started
    finally:
        lab.restore_power("redis-02")
    assert summary["total"] == 13
    red = [check for check in summary["checks"] if check["outcome"] != "passed"]
    assert {check["module"] for check in red} == {"Redis"}, summary["console"]
    assert any("redis-02" in check["host"] and check["outcome"] == "unreachable" for check in red), red
    assert seconds < POWERED_OFF_SECONDS, "the specification's limit, not a measure of speed"


def test_machines_reach_nothing_outside(lab_inventory: Inventory, ssh: Remote) -> None:
    program = "import socket; s = socket.create_connection(('192.0.2.1', 80), timeout=2)"
    done = ssh.attempt(lab_inventory.host("redis-01"), f'python3 -c "{program}"')
    assert done.status == 1
    assert "refused" in done.stderr.lower(), done.stderr
    assert ssh.attempt(lab_inventory.host("redis-01"), "getent hosts example.org").status != 0


def test_the_clock_is_not_the_machines_to_change(lab_inventory: Inventory, ssh: Remote) -> None:
    done = ssh.attempt(lab_inventory.host("redis-01"), "date -s now")
    assert done.status != 0
    assert "not permitted" in done.stderr


def test_data_survives_a_power_cut_of_everything(
    loud: Loud, lab_inventory: Inventory, basic: Callable[[], dict[str, Any]]
) -> None:
    token = uuid.uuid4().hex
    with closing(Postgresql(lab_inventory).connect(Postgresql(lab_inventory).entry_point)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS survivors (token text)")
        connection.execute("INSERT INTO survivors VALUES (%s)", (token,))
    with (
        Mariadb(lab_inventory).connect(Mariadb(lab_inventory).entry_point) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE TABLE IF NOT EXISTS survivors (token CHAR(32) PRIMARY KEY)")
        cursor.execute("INSERT INTO survivors VALUES (%s)", (token,))
    with Redis(lab_inventory).client(Redis(lab_inventory).entry_point) as client:
        client.set("survivor", token)
        # appendfsync everysec: what is older than a second is on the disk.
        client.execute_command("WAITAOF", 1, 0, 2000)

    galera = _identities(lab_inventory)

    loud("hadrill", "lab", "down")
    routes = subprocess.run(["ip", "route", "show", "198.18.0.0/16"], capture_output=True, text=True, check=True).stdout
    assert "blackhole" in routes
    dark = basic()
    assert (dark["passed"], dark["total"]) == (0, 13), dark["console"]
    assert {check["outcome"] for check in dark["checks"]} == {"unreachable"}, dark["console"]
    loud("hadrill", "lab", "up")
    # At once: the services are still starting, and the installer waits for them instead of making new clusters.
    assert "0 changed" in loud("fab", "all")
    until_healthy(lab_inventory)

    # Nodes that crashed together must remember who they were: without, none of them could be joined ever again.
    assert _identities(lab_inventory) == galera
    assert len(galera) == 1
    with closing(Postgresql(lab_inventory).connect(Postgresql(lab_inventory).entry_point)) as connection:
        assert connection.execute("SELECT 1 FROM survivors WHERE token = %s", (token,)).fetchone()
    with (
        Mariadb(lab_inventory).connect(Mariadb(lab_inventory).entry_point) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1 FROM survivors WHERE token = %s", (token,))
        assert cursor.fetchone()
    with Redis(lab_inventory).client(Redis(lab_inventory).entry_point) as client:
        assert client.get("survivor") == token
        client.delete("survivor")


def _identities(inventory: Inventory) -> set[str]:
    """The cluster's UUID as each node of Galera knows it."""
    service = Mariadb(inventory)
    return {service.wsrep(host, "root")["wsrep_local_state_uuid"] for host in service.members}
