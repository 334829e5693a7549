"""A service of another package, from the first machine to a drill, without a line changed in hadrill."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hadrill.inventory import Inventory, read
from hadrill.lab.lab import Lab
from hadrill.lab.removal import destroy
from hadrill.lab.state import ensure_credentials
from hadrill.remote import Remote
from tests.selftest.foreign.echo_package import MEMBERS, install, rows, write_inventory
from tests.selftest.lab.suite import BIN, LAB, ROOT

RUN_SECONDS = 400
SERVER = "/etc/hadrill/echo/server.py"
LOUDER = f"sed -i 's/write(line)/write(line.upper())/' {SERVER} && systemctl restart hadrill-echo"
Run = Callable[..., str]


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inventory]:
    """Two more machines in the lab, bare: the lab's inventory with them."""
    wider = tmp_path_factory.mktemp("inventories") / "lab"
    wider.mkdir()
    for name in ("settings.yaml", "versions.yaml"):
        shutil.copy(LAB / name, wider)
    (wider / "servers.tsv").write_text((LAB / "servers.tsv").read_text("ascii") + "\n".join([*rows("base"), ""]))
    ensure_credentials(wider, "lab")
    inventory = read(wider, "data")
    Lab(inventory).up()
    try:
        yield inventory
    finally:
        destroy([f"lab-{name}" for name in MEMBERS])
        # The known hosts are the lab's own again.
        Lab(read(LAB)).up()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, machines: Inventory) -> Run:
    """Run a command where the package is installed, on an inventory of these two machines; returns what it said."""
    folder = tmp_path_factory.mktemp("package")
    environment, inventory = install(folder), write_inventory(folder / "inventory")
    ensure_credentials(inventory, machines.settings.name)

    def call(*command: str, status: int = 0) -> str:
        program = [str(BIN / command[0]), *command[1:], f"--inventory={inventory}"]
        done = subprocess.run(
            program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=RUN_SECONDS
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


def reported(reports: Path) -> dict[str, Any]:
    """The summary.json of the newest run."""
    summary: dict[str, Any] = json.loads((reports / "latest" / "summary.json").read_text("utf-8"))
    return summary


def test_1_it_is_installed_twice_and_the_second_time_changes_nothing(run: Run) -> None:
    first = run("fab", "all")
    assert "echo: whole" in first
    second = run("fab", "all")
    assert "0 changed" in second.splitlines()[-1], second


def test_2_its_check_is_green_and_reported_by_its_title(run: Run, tmp_path: Path) -> None:
    run("pytest", "tests/basic", "--no-page", f"--reports={tmp_path}")
    summary = reported(tmp_path)
    assert [(row["module"], row["check"], row["outcome"]) for row in summary["checks"]] == [
        ("Echo", "faithful", "passed")
    ]


def test_3_its_hosts_and_their_ports_are_checked(run: Run, tmp_path: Path) -> None:
    run("pytest", "tests/hosts", "--no-page", f"--reports={tmp_path}")
    summary = reported(tmp_path)
    assert summary["passed"] == summary["total"] > len(MEMBERS)


def test_4_its_members_are_broken_and_clients_go_on(run: Run, tmp_path: Path) -> None:
    run("pytest", "-m", "failover", "--service=echo", "--no-page", f"--reports={tmp_path}")
    drills = reported(tmp_path)["drills"]
    assert {(row["service"], row["fault"], row["verdict"]) for row in drills} == {
        ("echo", fault, "passed") for fault in ("container-stop", "container-kill", "power-off", "isolate")
    }
    assert all(row["outage_s"] <= row["budget_s"] for row in drills), drills


def test_5_what_is_wrong_with_it_is_named(run: Run, machines: Inventory, tmp_path: Path) -> None:
    assert "no known cause" in run("hadrill", "diagnose", "echo")
    with Remote(machines) as remote:
        remote.run(machines.host("echo-02"), LOUDER)
        try:
            named = run("hadrill", "diagnose", "echo", status=1)
            red = run("pytest", "tests/basic", "--no-page", f"--reports={tmp_path}", status=1)
        finally:
            run("fab", "echo")
    assert "echo-unfaithful: a member does not say what it hears" in named
    assert "echo-02: hears 'diagnosis' and says 'DIAGNOSIS'" in named
    assert "echo-unfaithful" in red
    assert "no known cause" in run("hadrill", "diagnose", "echo")
