"""A service of another package, from the first machine to a drill, without a line changed in hadrill."""

import json
from pathlib import Path
from typing import Any

from hadrill.inventory import Inventory
from hadrill.remote import Remote
from tests.selftest.foreign.conftest import Run
from tests.selftest.foreign.echo_package import MEMBERS

SERVER = "/etc/hadrill/echo/server.py"
LOUDER = f"sed -i 's/write(line)/write(line.upper())/' {SERVER} && systemctl restart hadrill-echo"


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


def test_5_what_is_wrong_with_it_is_named(run: Run, two_more: Inventory, tmp_path: Path) -> None:
    assert "no known cause" in run("hadrill", "diagnose", "echo")
    with Remote(two_more) as remote:
        remote.run(two_more.host("echo-02"), LOUDER)
        try:
            named = run("hadrill", "diagnose", "echo", status=1)
            red = run("pytest", "tests/basic", "--no-page", f"--reports={tmp_path}", status=1)
        finally:
            run("fab", "echo")
    assert "echo-unfaithful: a member does not say what it hears" in named
    assert "echo-02: hears 'diagnosis' and says 'DIAGNOSIS'" in named
    assert "echo-unfaithful" in red
    assert "no known cause" in run("hadrill", "diagnose", "echo")
