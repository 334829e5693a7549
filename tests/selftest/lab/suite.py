"""Runs the suite as a user does, and waits for a healthy lab."""

import json
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hadrill.install.tasks import modules, proofs
from hadrill.inventory import Inventory
from hadrill.services.asking import failures
from hadrill.services.finding import CheckFailedError
from hadrill.timing import Deadline, eventually
from tests.selftest.unit.projects import WITHOUT_HYPOTHESIS

ROOT = Path(__file__).parents[3]
BIN = ROOT / ".venv" / "bin"
LAB = ROOT / "inventories" / "lab"
SUITE_SECONDS = 300
HEALTHY_SECONDS = 120.0


def run_suite(
    path: str, reports: Path, *options: str, seconds: float = SUITE_SECONDS, inside: Sequence[str] = ()
) -> dict[str, Any]:
    """Run a suite into a folder of its own; what it printed is under `console`, its exit status under `status`.

    `inside`: a command that runs another command, as in a network of its own.
    """
    done = subprocess.run(
        [*inside, str(BIN / "pytest"), *WITHOUT_HYPOTHESIS, path, f"--reports={reports}", *options],
        cwd=ROOT,
        check=False,
        text=True,
        capture_output=True,
        timeout=seconds,
    )
    file = reports / "latest" / "summary.json"
    assert file.exists(), done.stdout + done.stderr
    summary: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return summary | {"console": done.stdout + done.stderr, "status": done.returncode}


def until_healthy(inventory: Inventory, *wanted: str) -> None:
    """Wait until all that the installer proves holds, of all modules or of these.

    They are asked side by side: none waits for another's.
    """

    def whole(module: str) -> None:
        for proof in proofs(inventory, module):

            def why_not_healthy(check: Any = proof) -> str | None:
                try:
                    check()
                except failures(CheckFailedError) as error:
                    return str(error)
                return None

            eventually(f"{module} to be whole", why_not_healthy, Deadline(HEALTHY_SECONDS))

    names = wanted or tuple(modules())
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        list(pool.map(whole, names))
