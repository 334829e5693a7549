"""All machines of one service off: said once, in front, and nothing else waits for them."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.lab.power import LabPower
from tests.selftest.lab.suite import BIN, ROOT, run_suite

SECONDS = 20.0


@pytest.fixture
def off(lab_inventory: Inventory, healed: None) -> Iterator[None]:
    """Redis' machines have no power."""
    power = LabPower(lab_inventory)
    hosts = lab_inventory.of_role("redis")
    try:
        for host in hosts:
            power.off(host)
        yield
    finally:
        for host in hosts:
            power.on(host)


@pytest.mark.usefixtures("off")
def test_a_service_that_is_off_costs_one_deadline_and_has_one_reason(tmp_path: Path) -> None:
    begun = time.monotonic()
    summary = run_suite("tests/basic", tmp_path, "--no-page")
    seconds = time.monotonic() - begun
    assert seconds < SECONDS, summary["console"]
    outcomes = {check["id"].rpartition("/")[2]: check["outcome"] for check in summary["checks"]}
    red = {name for name, outcome in outcomes.items() if outcome != "passed"}
    assert red == {f"test_redis.py::test_{name}" for name in ("connectivity", "replication", "sentinel")}
    table = summary["console"].partition("= basic checks of")[2].splitlines()
    reason = "no host of redis answers SSH or its ports: redis-01, redis-02, redis-03 powered off or cut off"
    assert table[1] == reason
    assert summary["console"].count(f"    {reason}") == 0, "said once"

    done = subprocess.run(
        [str(BIN / "hadrill"), "diagnose", "redis"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    first, second = done.stdout.splitlines()[:2]
    assert first.startswith("redis: no host of redis answers SSH or its ports: powered off or cut off (")
    # The proxies can be asked: what is about them alone is ruled out.
    assert "redis-stopped" not in second.partition("not judged")[0]
    assert "not judged, as nobody could be asked: sentinel-config-not-writable, " in second
