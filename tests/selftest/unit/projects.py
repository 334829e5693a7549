"""Projects of their own, in which tests run pytest as a user does, without the lab's conftest."""

import os
import subprocess
import tomllib
from pathlib import Path

from tests.selftest.unit.prepared import interpreter

ROOT = Path(__file__).parents[3]
WITHOUT_HYPOTHESIS = ("-p", "no:hypothesispytest")
"""Its plugin takes a second of processor time for each run, and users do not have it."""
PYTEST_INI = "[pytest]\naddopts = -p no:hadrill -p hadrill.plugin\n"


def installed(folder: Path) -> str:
    """What is asked of every pytest by being installed, as pyproject.toml says, for PYTHONPATH."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["pytest11"]
    home = folder / "hadrill_as_installed-0.dist-info"
    home.mkdir()
    (home / "METADATA").write_text("Metadata-Version: 2.1\nName: hadrill-as-installed\nVersion: 0\n")
    (home / "entry_points.txt").write_text("[pytest11]\n" + "".join(f"{n} = {p}\n" for n, p in points.items()))
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


def pytest_on(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a project's folder."""
    given = {**os.environ, "NO_COLOR": "1", **environment}
    return interpreter().run(folder, *WITHOUT_HYPOTHESIS, *arguments, environment=given)
