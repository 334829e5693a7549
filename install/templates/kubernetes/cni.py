"""Runs on a host when flannel knows the node's own part of the pods' network: tells it to the CNI plugins."""

import json
import subprocess
from pathlib import Path

NETWORK = "{{ network }}"
FILE = Path("/etc/hadrill/kubernetes/cni/hadrill.conflist")
known = dict(line.split("=", 1) for line in Path("/run/flannel/subnet.env").read_text().splitlines())
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
content = {
    "cniVersion": "1.0.0",
    "name": "hadrill",
    "plugins": [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}],
}
beside = FILE.with_suffix(".new")
beside.write_text(json.dumps(content, indent=1) + "\n")
beside.replace(FILE)
# What leaves the pods' network does so under the node's own address.
rule = ["POSTROUTING", "-s", NETWORK, "!", "-d", NETWORK, "-j", "MASQUERADE"]
if subprocess.run(["iptables", "-w", "-t", "nat", "-C", *rule], stderr=subprocess.DEVNULL).returncode != 0:
    subprocess.run(["iptables", "-w", "-t", "nat", "-A", *rule], check=True)
