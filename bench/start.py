"""How long one waits for a command, and for the basic checks beside the same ones as one writes them first."""

from collections.abc import Iterator
from pathlib import Path

from bench.measure import BIN, ROOT, Command, Timing, side_by_side
from hadrill.inventory import Inventory


def rows(inventory: Inventory, folder: Path, ssh_config: Path, times: int) -> Iterator[str]:
    """Lines of the table. Nothing is changed on a host but what checks write and take back."""
    hadrill = str(BIN / "hadrill")
    here = f"--inventory={inventory.folder}"
    for timing in side_by_side(
        [
            Command("hadrill --help", (hadrill, "--help")),
            Command("hadrill inventory check", (hadrill, "inventory", "check", here)),
            Command("hadrill diagnose redis", (hadrill, "diagnose", "redis", here)),
        ],
        times,
    ):
        yield timing.row()
    basic, *others = checks(inventory, folder, ssh_config, times)
    yield basic.row(basic)
    for timing in others:
        yield timing.row(basic)


def checks(inventory: Inventory, folder: Path, ssh_config: Path, times: int) -> list[Timing]:
    """The 13 checks: with their page, by several workers, and simpler ones one after the other without hadrill."""
    pytest, where = str(BIN / "pytest"), (f"--reports={folder}/reports", f"--inventory={inventory.folder}")
    return side_by_side(
        [
            Command("pytest tests/basic", (pytest, "-q", "tests/basic", *where)),
            Command("pytest tests/basic -n auto", (pytest, "-q", "-n", "auto", "tests/basic", *where)),
            _sequential(inventory, ssh_config),
        ],
        times,
    )


def _sequential(inventory: Inventory, ssh_config: Path) -> Command:
    """The 13 checks as somebody writes them first, some asking less: testinfra over SSH, one after the other."""
    words = (
        str(BIN / "pytest"),
        "-q",
        "--noconftest",
        "-c",
        "/dev/null",
        "--rootdir",
        str(ROOT / "bench"),
        str(ROOT / "bench" / "sequential.py"),
    )
    environment = {"HADRILL_SSH_CONFIG": str(ssh_config), "HADRILL_INVENTORY": str(inventory.folder)}
    return Command("13 simpler checks, plain testinfra over SSH", words, environment)
