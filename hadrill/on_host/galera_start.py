#!/usr/bin/python3
"""Decide before MariaDB starts how this node comes back. The installer puts it on every node of Galera.

After a crash the state file knows no position, and InnoDB does: without asking it, a node takes a whole copy of the
data, and nodes that crashed together agree on a cluster without an identity, which nobody can ever join again.
A new cluster is started only where Galera itself says that this node was the last one to leave (safe_to_bootstrap: 1)
and no peer serves clients, or where the installer asked for it once. `--position` prints the position alone.

Input: SETTINGS, {"peers": [addresses], "data": folder, "once", "options": files, "recover": [words of a command]}.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SETTINGS = Path("/etc/hadrill/mariadb/start.json")
NOBODY = "00000000-0000-0000-0000-000000000000"


def serves(address: str) -> bool:
    """Whether a peer takes connections of clients, which it does only as a member of a running cluster."""
    try:
        with socket.create_connection((address, 3306), timeout=1.0):
            return True
    except OSError:
        return False


def state_of(data: Path) -> str:
    """Text of Galera's own state file; empty where there is none."""
    file = data / "grastate.dat"
    return file.read_text("utf-8", "replace") if file.exists() else ""


def position(data: Path, recover: list[str]) -> str:
    """UUID and sequence number of the data, from the state file or from InnoDB's own recovery."""
    saved = dict(re.findall(r"^(\w+):\s+(\S+)", state_of(data), re.MULTILINE))
    if int(saved.get("seqno", -1)) >= 0:
        return f"{saved['uuid']}:{saved['seqno']}"
    # Half a copy has a position too, which says nothing.
    if not (data / "ibdata1").exists() or (data / "sst_in_progress").exists():
        return f"{NOBODY}:-1"
    done = subprocess.run(recover, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    recovered = re.findall(r"Recovered position: ?([0-9a-f-]+:-?\d+)", done.stdout)
    if not recovered:
        tell(f"no position recovered; mariadbd --wsrep-recover ended with {done.returncode}: {done.stdout[-2000:]}")
    return str(recovered[-1]) if recovered else f"{NOBODY}:-1"


def options(settings: Mapping[str, Any]) -> list[str]:
    """The options with which mariadbd is started."""
    data = Path(settings["data"])
    left_last = "safe_to_bootstrap: 1" in state_of(data) and not any(map(serves, settings["peers"]))
    if left_last:
        tell("this node left last and no peer serves: starting the cluster from it")
    chosen = ["--wsrep-new-cluster"] if left_last or Path(settings["once"]).exists() else []
    where = position(data, settings["recover"])
    if not where.startswith(NOBODY):
        chosen.append(f"--wsrep_start_position={where}")
    return chosen


def tell(line: str) -> None:
    """Write a line to the unit's journal, which takes both streams. Standard output is for the answer."""
    sys.stderr.write(line + "\n")


def main() -> None:
    """Write the options where the unit reads them, or print the position."""
    settings = json.loads(SETTINGS.read_text("utf-8"))
    if sys.argv[1:] == ["--position"]:
        sys.stdout.write(position(Path(settings["data"]), settings["recover"]) + "\n")
    else:
        Path(settings["options"]).write_text(f"OPTIONS={' '.join(options(settings))}\n", "utf-8")


if __name__ == "__main__":
    main()
