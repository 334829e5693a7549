"""Projects of their own, in which tests run pytest as a user does, without the lab's conftest."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
WITHOUT_HYPOTHESIS = ("-p", "no:hypothesispytest")
"""Its plugin takes a second of processor time for each run, and users do not have it."""
PYTEST_INI = "[pytest]\naddopts = -p no:hadrill -p hadrill.plugin\n"


def pytest_on(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a project's folder."""
    return subprocess.run(
        [str(ROOT / ".venv" / "bin" / "pytest"), *WITHOUT_HYPOTHESIS, *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
