"""The same lab as the other tests'. A run of everything takes a quarter of the causes, another one with each commit."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
KUBERNETES = HERE.parent / "kubernetes"
RED = (KUBERNETES / "test_c_red_losses.py", KUBERNETES / "test_d_red_backends.py")
CASES = (HERE, KUBERNETES / "test_b_causes.py", *RED)
SHARE = 4


def pytest_addoption(parser: pytest.Parser) -> None:
    """Unit tests judge facts that were kept here."""
    parser.addoption("--keep-facts", type=Path, metavar="DIR", help="keep what the hosts said in each case, as JSON")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All cases where this folder is asked for by name; else one of `SHARE` parts, in turn."""
    mine = [item for item in items if any(item.path.is_relative_to(place) for place in CASES)]
    for item in mine:
        item.add_marker(pytest.mark.lab)
    asked = [(config.rootpath / each.partition("::")[0]).resolve() for each in config.args]
    if any(path.is_relative_to(place) for path in asked for place in CASES):
        return
    said = subprocess.run(
        ["git", "rev-list", "--count", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    ).stdout
    turn = int(said or 0) % SHARE
    # A loss that must not come to an end waits for every deadline: four minutes each, for runs that ask for it.
    away = [item for number, item in enumerate(mine) if number % SHARE != turn or item.path in RED]
    if away:
        config.hook.pytest_deselected(items=away)
        items[:] = [item for item in items if item not in away]
