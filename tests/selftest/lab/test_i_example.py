"""The documentation's own drill runs as it stands there."""

import re
from pathlib import Path

from hadrill.inventory import Inventory
from tests.selftest.lab.suite import ROOT, run_suite, until_healthy


def test_the_example_of_writing_a_drill_runs(lab_inventory: Inventory, tmp_path: Path) -> None:
    until_healthy(lab_inventory)
    text = (ROOT / "docs" / "writing-a-drill.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.S)
    file = tmp_path / "test_example.py"
    file.write_text(example)
    summary = run_suite(str(file), tmp_path / "reports", "-m", "failover", "-c", str(ROOT / "pytest.ini"))
    assert summary["status"] == 0, summary["console"]
    assert summary["total"] == summary["passed"] == 1
