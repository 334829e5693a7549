"""The table: lab up, installing, and the basic checks beside what one would use instead."""

import sys
import tempfile
from pathlib import Path

from bench import drills, start
from bench.measure import BIN, ROOT, Timing, measure
from hadrill.inventory import Inventory, read

REPEATS = 5
ANSIBLE = ROOT / ".venv-bench" / "bin" / "ansible"


def main() -> None:
    """Measure everything and print it; with the word `start` only what one waits for first."""
    if sys.argv[1:] not in ([], ["start"]):
        sys.exit("usage: python -m bench [start]")
    if sys.argv[1:]:
        inventory = read(ROOT / "inventories" / "lab")
        with tempfile.TemporaryDirectory() as folder:
            for row in start.rows(inventory, Path(folder), ssh_files(inventory, Path(folder)), REPEATS):
                show(row)
        return
    hadrill, fab = str(BIN / "hadrill"), str(BIN / "fab")
    measure("everything built", hadrill, "lab", "up")
    measure("bare", hadrill, "lab", "destroy")
    show(measure("hadrill lab up: 21 machines, from images", hadrill, "lab", "up").row())
    show(measure("fab all: from bare machines", fab, "all").row())
    show(measure("fab all: nothing to do", fab, "all", times=REPEATS).row())
    inventory = read(ROOT / "inventories" / "lab")
    with tempfile.TemporaryDirectory() as folder:
        files = ssh_files(inventory, Path(folder))
        for row in start.rows(inventory, Path(folder), files, REPEATS):
            show(row)
        show(_ansible(inventory, Path(folder)).row())
    for row in drills.rows(inventory):
        show(row)


def show(row: str) -> None:
    """A line of the table, as soon as it is known."""
    sys.stdout.write(row + "\n")
    sys.stdout.flush()


def _ansible(inventory: Inventory, folder: Path) -> Timing:
    """What a tool that people would use instead needs to reach the same hosts at all: a floor for it."""
    forks = str(len(inventory.managed))
    command = (str(ANSIBLE), "all", "-i", f"{folder}/hosts", "-m", "ping", "-o", "-f", forks)
    environment = {"ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3", "ANSIBLE_LOCAL_TEMP": str(folder)}
    name = f"ansible ping, same hosts, {forks} forks (a floor)"
    return measure(name, *command, times=REPEATS, environment=environment)


def ssh_files(inventory: Inventory, folder: Path) -> Path:
    """An ssh_config and an Ansible inventory for the same hosts, keys and open connections for all."""
    settings = inventory.settings.ssh
    key, known = inventory.path(settings.key).resolve(), inventory.path(settings.known_hosts).resolve()
    blocks = [
        f"Host {host.name}\n  HostName {host.address}\n  User {settings.user}\n  IdentityFile {key}\n"
        f"  UserKnownHostsFile {known}\n  ControlMaster auto\n  ControlPersist 60\n  ControlPath {folder}/%C\n"
        for host in inventory.managed
    ]
    config = folder / "ssh_config"
    config.write_text("".join(blocks), "ascii")
    rows = [f"{h.name} ansible_ssh_common_args='-F {config}'" for h in inventory.managed]
    (folder / "hosts").write_text("\n".join(rows) + "\n", "ascii")
    return config


if __name__ == "__main__":
    main()
