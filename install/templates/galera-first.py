#!/usr/bin/python3
"""Decide before MariaDB starts whether this node starts the cluster anew.

Only where Galera itself says that this node was the last one to leave (safe_to_bootstrap: 1) and no peer
serves clients. The answer lies in /run for one start; a later start never repeats it.
"""

import json
import socket
from pathlib import Path

PEERS = json.loads(Path("/etc/hadrill/mariadb/peers.json").read_text())
STATE = Path("/var/lib/hadrill/mariadb/grastate.dat")
ONCE = Path("/run/hadrill/mariadb.once")


def serves(address: str) -> bool:
    """Whether a peer takes connections of clients, which it does only as a member of a running cluster."""
    try:
        with socket.create_connection((address, 3306), timeout=1.0):
            return True
    except OSError:
        return False


if not ONCE.exists() and STATE.exists() and "safe_to_bootstrap: 1" in STATE.read_text() and not any(map(serves, PEERS)):
    ONCE.write_text("BOOTSTRAP=--wsrep-new-cluster\n")
    print("this node left last and no peer serves: starting the cluster from it")
