"""The lab itself: power and networks."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from hadrill.inventory import Inventory
from hadrill.lab.lab import Lab
from hadrill.remote import Remote

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
