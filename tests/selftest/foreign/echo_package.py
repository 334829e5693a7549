"""The package hadrill-echo, built and installed as any other, and an inventory whose two hosts carry it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).parent / "echo"
LAB = ROOT / "inventories" / "lab"
MEMBERS = {"echo-01": "198.18.0.180", "echo-02": "198.18.0.181"}
SETTINGS = """\
name: lab
lab: true
domain: lab.hadrill.test
private_network: 198.18.0.0/16
ssh:
  user: root
  key: credentials/ssh/id_ed25519
  known_hosts: credentials/ssh/known_hosts
dns:
  resolvers: []
faults:
  multiplier: 2
"""


def install(target: Path) -> dict[str, str]:
    """Build and install the package below a folder, with pip. Returns the environment in which Python finds it."""
    source, packages = target / "source", target / "packages"
    shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--target", str(packages), str(source)], check=True)
    return {**os.environ, "PYTHONPATH": f"{packages}:{ROOT}", "PYTHONUNBUFFERED": "1"}


def rows(role: str) -> list[str]:
    """The members' rows of servers.tsv, in a role."""
    cluster = "echo" if role == "echo" else ""
    return [f"{name}\t{address}\t\t{name}.lab.hadrill.test\t{role}\t{cluster}\t" for name, address in MEMBERS.items()]


def write_inventory(folder: Path) -> Path:
    """An inventory with this computer and the members, and nothing else."""
    folder.mkdir()
    header, runner = (LAB / "servers.tsv").read_text("ascii").splitlines()[:2]
    (folder / "servers.tsv").write_text("\n".join([header, runner, *rows("echo"), ""]), "ascii")
    (folder / "settings.yaml").write_text(SETTINGS, "ascii")
    # Any image with Python will do: the lab has one.
    image = next(line for line in (LAB / "versions.yaml").read_text("ascii").splitlines() if "patroni:" in line)
    (folder / "versions.yaml").write_text(f"images:\n  echo: {image.partition(': ')[2]}\n", "ascii")
    return folder
