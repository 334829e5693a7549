"""All machines lose their power at once, and come back with their data."""

import subprocess
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from hadrill.inventory import Inventory
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.postgresql.service import Postgresql
from hadrill.services.redis.service import Redis
from tests.selftest.lab.suite import until_healthy


@pytest.mark.usefixtures("alone")
def test_data_survives_a_power_cut_of_everything(
    loud: Callable[..., str], lab_inventory: Inventory, basic: Callable[[], dict[str, Any]]
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
