"""A whole stack of somebody else's, in containers without units behind packaged proxies: adopted, checked, drilled."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.lab.lab import Lab
from hadrill.lab.removal import destroy
from hadrill.remote import Remote
from tests.selftest.foreign.containers.stack import FRONTS, MACHINES, SECRET, Stack, write_inventory
from tests.selftest.lab.suite import BIN, LAB, ROOT, run_suite
from tests.selftest.machines import Machines

COMMAND_SECONDS = 180
STATE = """
find /etc /root /usr/local /opt /home -xdev -type f ! -path '/opt/shop/*/data/*' ! -path '/opt/shop/minio/*' \\
    ! -path '/opt/shop/redis/*' ! -path '/opt/shop/sentinel/*' -printf '%p %s %T@\\n' | sort | sha256sum
docker ps --no-trunc --format '{{.ID}} {{.Names}}' | sort
systemctl list-unit-files --no-legend | cut -d' ' -f1-2 | sort | sha256sum
dpkg-query -W | sha256sum
"""
NEEDED = {
    "postgresql": ("PGBOUNCER_PASSWORD", "HADRILL_PASSWORD"),
    "mariadb": ("HADRILL_PASSWORD",),
    "rabbitmq": ("RABBITMQ_PASSWORD",),
    "proxysql": ("ADMIN_PASSWORD", "MONITOR_PASSWORD"),
}


def call(*command: str, status: int = 0) -> str:
    """What a command says."""
    program = [str(BIN / command[0]), *command[1:]]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def machines_of_it(machines: Machines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inventory]:
    """The machines, with the stack that runs on them."""
    if machines.together:
        machines.up("all")
    inventory = read(write_inventory(tmp_path_factory.mktemp("inventories") / "lab", LAB), "all")
    try:
        Lab(inventory, packaged=FRONTS).up(*MACHINES)
        with Remote(inventory) as remote:
            Stack(inventory, remote).lay_down()
        yield inventory
    finally:
        destroy([f"lab-{name}" for name in MACHINES])


def state(inventory: Inventory) -> dict[str, str]:
    """What nobody may change on the hosts."""
    with Remote(inventory) as remote:
        hosts = [inventory.host(name) for name in MACHINES]
        answers = remote.everywhere(hosts, lambda host: remote.run(host, STATE).stdout)
    return {host.name: str(answer) for host, answer in answers.items()}


@pytest.fixture(scope="module")
def adopted(machines_of_it: Inventory, tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    """What `hadrill adopt` writes of addresses alone, and what an administrator adds where it asks for it."""
    made = tmp_path_factory.mktemp("adopted") / "mine"
    login, known = machines_of_it.settings.ssh, machines_of_it.path(machines_of_it.settings.ssh.known_hosts).absolute()
    options = ("-o", str(made), "--key", str(machines_of_it.path(login.key).absolute()), "--known-hosts", str(known))
    shown = call("hadrill", "adopt", *MACHINES.values(), *options)
    (made / "shown").write_text(shown)
    with Remote(machines_of_it) as remote:
        Stack(machines_of_it, remote).accounts()
    for role, names in NEEDED.items():
        for name in names:
            assert f"{name} in {made}/credentials/{role}.env" in shown
            with (made / "credentials" / f"{role}.env").open("a") as file:
                file.write(f"{name}={SECRET}\n")
    return read(made)


def test_the_basic_checks_are_green(adopted: Inventory, tmp_path: Path) -> None:
    summary = run_suite("tests/basic", tmp_path, f"--inventory={adopted.folder}", "--no-page")
    assert summary["status"] == 0, summary["console"]
    assert summary["passed"] == summary["total"] == 13
