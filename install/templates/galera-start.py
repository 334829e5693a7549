#!/usr/bin/python3
"""Decide before MariaDB starts how this node comes back. Written by hadrill.

After a crash the state file knows no position, and InnoDB does: without asking it, a node takes a whole copy of the
data, and nodes that crashed together agree on a cluster without an identity, which nobody can ever join again.
A new cluster is started only where Galera itself says that this node was the last one to leave (safe_to_bootstrap: 1)
and no peer serves clients, or where the installer asked for it once. `--position` prints the position alone.
"""

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

PEERS = json.loads(Path("/etc/hadrill/mariadb/peers.json").read_text())
DATA = Path("{{ data }}")
STATE = DATA / "grastate.dat"
ONCE = Path("{{ once }}")
OPTIONS = Path("{{ options }}")
# Without TLS, for which each start makes a new key: more than all the rest of it takes.
RECOVER = (
    "docker run --rm --network none -v {{ data }}:/var/lib/mysql"
    " -v {{ configuration }}:/etc/mysql/conf.d/galera.cnf:ro {{ image }} mariadbd --wsrep-recover --skip-ssl"
)
NOBODY = "00000000-0000-0000-0000-000000000000"


def serves(address: str) -> bool:
    """Whether a peer takes connections of clients, which it does only as a member of a running cluster."""
    try:
        with socket.create_connection((address, 3306), timeout=1.0):
            return True
    except OSError:
        return False


def position() -> str:
    """UUID and sequence number of the data, from the state file or from InnoDB's own recovery."""
    saved = dict(re.findall(r"^(\w+):\s+(\S+)", STATE.read_text(), re.MULTILINE)) if STATE.exists() else {}
    if int(saved.get("seqno", -1)) >= 0:
        return f"{saved['uuid']}:{saved['seqno']}"
    # Half a copy has a position too, which says nothing.
    if not (DATA / "ibdata1").exists() or (DATA / "sst_in_progress").exists():
        return f"{NOBODY}:-1"
    done = subprocess.run(RECOVER.split(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = re.findall(r"Recovered position: ?([0-9a-f-]+:-?\d+)", done.stdout)
    if not found:
        print(f"no position recovered; mariadbd --wsrep-recover ended with {done.returncode}:", done.stdout[-2000:])
    return found[-1] if found else f"{NOBODY}:-1"


def options() -> list[str]:
    """What mariadbd is started with."""
    left_last = STATE.exists() and "safe_to_bootstrap: 1" in STATE.read_text() and not any(map(serves, PEERS))
    if left_last:
        print("this node left last and no peer serves: starting the cluster from it")
    chosen = ["--wsrep-new-cluster"] if left_last or ONCE.exists() else []
    if not (where := position()).startswith(NOBODY):
        chosen.append(f"--wsrep_start_position={where}")
    return chosen


if sys.argv[1:] == ["--position"]:
    print(position())
else:
    OPTIONS.write_text(f"OPTIONS={' '.join(options())}\n")
