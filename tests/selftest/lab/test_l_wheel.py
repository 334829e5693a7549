"""The wheel at work: with npm's own Allure, on the lab, and without the checkout."""

import json
import shutil
from pathlib import Path

from hadrill.inventory import Inventory
from hadrill.report.allure_program import PROGRAM, cache
from tests.selftest.lab.suite import until_healthy
from tests.selftest.wheel import Installation, build


def test_a_project_of_the_wheel_checks_and_plans(lab_inventory: Inventory, tmp_path: Path) -> None:
    until_healthy(lab_inventory)
    installation = Installation.of(build(tmp_path), tmp_path / "venv")
    assert installation.run(tmp_path, "hadrill", "init", "shop").returncode == 0
    project = tmp_path / "shop"
    shutil.rmtree(project / "inventories" / "shop")
    shutil.copytree(lab_inventory.folder, project / "inventories" / "lab")

    checked = installation.run(project, "hadrill", "test", "basic", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    latest = project / "reports" / "latest"
    summary = json.loads((latest / "summary.json").read_text("utf-8"))
    assert summary["passed"] == summary["total"] == 13
    assert "hadrill: basic checks" in (latest / "index.html").read_text("utf-8")
    assert (tmp_path / "cache" / "hadrill" / cache().name / PROGRAM).exists()

    planned = installation.run(project, "pytest", "-m", "failover", "--plan", "--service", "redis", "--no-page")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "container-kill" in planned.stdout
