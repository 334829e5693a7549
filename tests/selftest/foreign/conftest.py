"""Two machines more in the lab, and the package of a service for them.

The package has suites of its own, which are run where it is installed and not from here.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hadrill.inventory import Inventory, read
from hadrill.lab.lab import Lab
from hadrill.lab.removal import destroy
from hadrill.lab.state import ensure_credentials
from hadrill.remote import Remote
from tests.selftest.foreign.echo_package import MEMBERS, install, rows, write_inventory
from tests.selftest.lab.suite import BIN, LAB, ROOT
from tests.selftest.machines import Machines

collect_ignore = ["echo"]
RUN_SECONDS = 400
Run = Callable[..., str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the lab."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="package")
def two_more(tmp_path_factory: pytest.TempPathFactory, machines: Machines) -> Iterator[Inventory]:
    """Two machines more, bare: the lab's inventory with them. The others stay as they are, on or off."""
    try:
        if machines.together:
            machines.up("all")
        wider = tmp_path_factory.mktemp("inventories") / "lab"
        wider.mkdir()
        for name in ("settings.yaml", "versions.yaml"):
            shutil.copy(LAB / name, wider)
        (wider / "servers.tsv").write_text((LAB / "servers.tsv").read_text("ascii") + "\n".join([*rows("base"), ""]))
        ensure_credentials(wider, "lab")
        inventory = read(wider, "all")
        Lab(inventory).up(*MEMBERS)
        yield inventory
    finally:
        destroy([f"lab-{name}" for name in MEMBERS])
        machines.over(Path(__file__).parent.name)


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory, two_more: Inventory) -> Run:
    """Run a command where the package is installed, on an inventory of these two machines; returns what it said."""
    folder = tmp_path_factory.mktemp("package")
    environment, inventory = install(folder), write_inventory(folder / "inventory")
    ensure_credentials(inventory, two_more.settings.name)

    def call(*command: str, status: int = 0) -> str:
        program = [str(BIN / command[0]), *command[1:], f"--inventory={inventory}"]
        done = subprocess.run(
            program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=RUN_SECONDS
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    return call


@pytest.fixture(scope="package")
def opened(two_more: Inventory) -> Iterator[Remote]:
    """SSH to the machines."""
    with Remote(two_more) as remote:
        yield remote
