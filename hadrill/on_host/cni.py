"""Configures the CNI plugins with the node's own part of the pods' network, once flannel knows it.

The installer puts it on every node.
Input: flannel's subnet.env, and the network.json that flannel was started with.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path("/etc/hadrill/kubernetes")
SUBNET = Path("/run/flannel/subnet.env")


def configuration(known: Mapping[str, str]) -> dict[str, Any]:
    """What the plugins are to do for each pod, from flannel's variables."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "mtu": int(known["FLANNEL_MTU"]),
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": known["FLANNEL_SUBNET"].replace(".1/", ".0/")}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    plugins = [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}]
    return {"cniVersion": "1.0.0", "name": "hadrill", "plugins": plugins}


def masquerade(network: str) -> None:
    """Have the rule by which traffic that leaves the pods' network gets the node's own address."""
    rule = ["POSTROUTING", "-s", network, "!", "-d", network, "-j", "MASQUERADE"]
    check = ["iptables", "-w", "-t", "nat", "-C", *rule]
    if subprocess.run(check, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        subprocess.run(["iptables", "-w", "-t", "nat", "-A", *rule], check=True)


def main() -> None:
    """Write the plugins' file in one step, and add the rule where it is missing."""
    lines = SUBNET.read_text("utf-8").splitlines()
    known = {line.partition("=")[0]: line.partition("=")[2] for line in lines}
    file = FOLDER / "cni" / "hadrill.conflist"
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(configuration(known), indent=1) + "\n", "utf-8")
    beside.replace(file)
    masquerade(json.loads((FOLDER / "network.json").read_text("utf-8"))["Network"])


if __name__ == "__main__":
    main()
