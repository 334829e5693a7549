"""The table: lab up, installing, and the basic checks beside what one would use instead."""

import sys
import tempfile
from pathlib import Path

from bench import drills
from bench.measure import BIN, ROOT, Timing, measure
from hadrill.inventory import Inventory, read

REPEATS = 5
ANSIBLE = ROOT / ".venv-bench" / "bin" / "ansible"


def main() -> None:
    """Measure everything and print it."""
    hadrill, fab, pytest = str(BIN / "hadrill"), str(BIN / "fab"), str(BIN / "pytest")
    measure("everything built", hadrill, "lab", "up")
    measure("bare", hadrill, "lab", "destroy")
    show(measure("hadrill lab up: 21 machines, from images", hadrill, "lab", "up").row())
    show(measure("fab all: from bare machines", fab, "all").row())
    show(measure("fab all: nothing to do", fab, "all", times=REPEATS).row())
    stock = read(ROOT / "inventories" / "lab")
    with tempfile.TemporaryDirectory() as folder:
        files = ssh_files(stock, Path(folder))
        warm = ("--reports", f"{folder}/reports")
        basic = measure("pytest tests/basic", pytest, "-q", "tests/basic", *warm, times=REPEATS)
        parallel = measure(
            "pytest tests/basic -n auto", pytest, "-q", "-n", "auto", "tests/basic", *warm, times=REPEATS
        )
        others = [parallel, _sequential(stock, files), _ansible(stock, Path(folder))]
    show(basic.row(basic))
    for other in others:
        show(other.row(basic))
    for row in drills.rows(stock):
        show(row)


def show(row: str) -> None:
    """A line of the table, as soon as it is known."""
    sys.stdout.write(row + "\n")
    sys.stdout.flush()


def _sequential(stock: Inventory, ssh_config: Path) -> Timing:
    """The 13 checks as somebody writes them first, some asking less: testinfra over SSH, one after the other."""
    environment = {"HADRILL_SSH_CONFIG": str(ssh_config), "HADRILL_INVENTORY": str(stock.folder)}
    command = (
        str(BIN / "pytest"),
        "-q",
        "--noconftest",
        "-p",
        "no:hadrill",
        "-c",
        "/dev/null",
        "--rootdir",
        str(ROOT / "bench"),
        str(ROOT / "bench" / "sequential.py"),
    )
    return measure("13 simpler checks, plain testinfra over SSH", *command, times=REPEATS, environment=environment)


def _ansible(stock: Inventory, folder: Path) -> Timing:
    """What a tool that people would use instead needs to reach the same hosts at all: a floor for it."""
    forks = str(len(stock.managed))
    command = (str(ANSIBLE), "all", "-i", f"{folder}/hosts", "-m", "ping", "-o", "-f", forks)
    environment = {"ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3", "ANSIBLE_LOCAL_TEMP": str(folder)}
    name = f"ansible ping, same hosts, {forks} forks (a floor)"
    return measure(name, *command, times=REPEATS, environment=environment)


def ssh_files(stock: Inventory, folder: Path) -> Path:
    """An ssh_config and an Ansible inventory for the same hosts, keys and open connections for all."""
    settings = stock.settings.ssh
    key, known = stock.path(settings.key).resolve(), stock.path(settings.known_hosts).resolve()
    blocks = [
        f"Host {host.name}\n  HostName {host.address}\n  User {settings.user}\n  IdentityFile {key}\n"
        f"  UserKnownHostsFile {known}\n  ControlMaster auto\n  ControlPersist 60\n  ControlPath {folder}/%C\n"
        for host in stock.managed
    ]
    config = folder / "ssh_config"
    config.write_text("".join(blocks), "ascii")
    rows = [f"{h.name} ansible_ssh_common_args='-F {config}'" for h in stock.managed]
    (folder / "hosts").write_text("\n".join(rows) + "\n", "ascii")
    return config


if __name__ == "__main__":
    main()
