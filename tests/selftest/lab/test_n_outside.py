"""A runner outside the machines' network: checks and diagnosis go through the jump host, drills are refused."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from tests.selftest.lab.other_logins import Copy
from tests.selftest.lab.suite import LAB, run_suite, until_healthy
from tests.selftest.unit.openssh import NEEDED, SSHD, serving
from tests.selftest.unit.projects import WITHOUT_HYPOTHESIS

OUTSIDE = "hadrill-outside"
"""A network namespace of this computer: its only neighbour is a jump host."""
IN_OUTSIDE = ("ip", "netns", "exec", OUTSIDE)
NEAR, FAR = "198.18.255.253", "198.18.255.254"
JUMP_USER = "admin"
SERVICES = ("postgresql", "redis", "rabbitmq", "minio", "mariadb")


@pytest.fixture(scope="module")
def outside(lab_inventory: Inventory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A network of which one address is a jump host, and no other leads anywhere; an inventory for it."""
    if not SSHD:
        pytest.skip(NEEDED)
    until_healthy(lab_inventory)
    folder = tmp_path_factory.mktemp("outside")
    key = lab_inventory.path(lab_inventory.settings.ssh.key)
    near, far = f"{OUTSIDE}-0"[-15:], f"{OUTSIDE}-1"[-15:]
    subprocess.run(["ip", "netns", "add", OUTSIDE], check=True)
    try:
        for command in (
            f"ip link add {near} type veth peer name {far} netns {OUTSIDE}",
            f"ip address add {NEAR}/30 dev {near}",
            f"ip link set {near} up",
            f"ip -n {OUTSIDE} address add {FAR}/30 dev {far}",
            f"ip -n {OUTSIDE} link set {far} up",
            f"ip -n {OUTSIDE} link set lo up",
        ):
            subprocess.run(command.split(), check=True)
        with serving(folder / "jump", {JUMP_USER: key}, address=NEAR) as jump:
            copy = Copy(folder / "inventory")
            copy.folder.mkdir()
            copy.add(jump.known, {"jump": f"{JUMP_USER}@{NEAR}:{jump.port}"}, {})
            yield copy
    finally:
        # The pair of devices goes with it.
        subprocess.run(["ip", "netns", "delete", OUTSIDE], check=True)


def test_outside_nothing_is_reached_without_the_jump_host(outside: Copy) -> None:
    shown = Copy(LAB).call("hadrill", "diagnose", "redis", status=1, inside=IN_OUTSIDE)
    assert "198.18.0.0/16 is unreachable from here" in shown


def test_basic_checks_are_green_through_the_jump_host(outside: Copy, tmp_path: Path) -> None:
    summary = run_suite("tests/basic", tmp_path, f"--inventory={outside.folder}", "--no-page", inside=IN_OUTSIDE)
    red = [(check["id"], check["outcome"]) for check in summary["checks"] if check["outcome"] != "passed"]
    assert not red, summary["console"]
    assert len(summary["checks"]) >= len(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_diagnosis_works_through_the_jump_host(outside: Copy, service: str) -> None:
    assert "not asked" not in outside.call("hadrill", "diagnose", service, inside=IN_OUTSIDE)


def test_drills_are_refused_outside_at_once(outside: Copy) -> None:
    shown = outside.call(
        "pytest", *WITHOUT_HYPOTHESIS, "-m", "failover", "--service=redis", status=4, inside=IN_OUTSIDE
    )
    assert "drills need a runner inside 198.18.0.0/16" in shown
