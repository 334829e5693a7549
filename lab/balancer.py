"""Load balancers: in the lab they stand for those of a cloud. They hold the entry points' addresses.

Each is one HAProxy in TCP mode, with the health checks that settings.yaml names for it.
"""

import hashlib
from pathlib import Path

from hadrill.inventory import Inventory, LoadBalancer
from hadrill.lab.docker import docker

INSIDE = "/usr/local/etc/haproxy/haproxy.cfg"
HEAD = """\
defaults
    mode tcp
    timeout connect 2s
    retries 2
    option redispatch 1
    timeout client 1h
    timeout server 1h
"""


def create_balancer(inventory: Inventory, balancer: LoadBalancer, network: str, image: str, files: Path) -> None:
    """Make the load balancer, with its power off."""
    folder = files / balancer.name
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    (folder / "haproxy.cfg").write_text(render(inventory, balancer), "ascii")
    name = f"{inventory.settings.name}-{balancer.name}"
    labels = (
        "--label",
        f"hadrill.lab={inventory.settings.name}",
        "--label",
        f"hadrill.spec={balancer_spec(inventory, balancer, image)}",
    )
    docker(
        "create",
        "--name",
        name,
        *labels,
        "--hostname",
        balancer.name,
        "--network",
        network,
        "--ip",
        str(balancer.address),
        "--dns",
        str(inventory.settings.private_network[1]),
        "-v",
        f"{folder / 'haproxy.cfg'}:{INSIDE}:ro",
        image,
    )


def balancer_spec(inventory: Inventory, balancer: LoadBalancer, image: str) -> str:
    """A hash of everything the load balancer was made from."""
    return hashlib.sha256(f"{image} {balancer.model_dump_json()} {render(inventory, balancer)}".encode()).hexdigest()[
        :12
    ]


def render(inventory: Inventory, balancer: LoadBalancer) -> str:
    """HAProxy's configuration for a load balancer: every port, to every host of the roles that it targets."""
    parts = [HEAD]
    for port in balancer.ports:
        parts.append(f"\nlisten port_{port}\n    bind {balancer.address}:{port}\n    balance roundrobin\n")
        check = balancer.check
        if check.path:
            parts.append(f"    option httpchk GET {check.path}\n    http-check expect status 200\n")
        tls = " check-ssl verify none" if check.path else ""
        parts.append(
            f"    timeout check {check.timeout * 1000:.0f}ms\n"
            f"    default-server check{tls} inter {check.interval * 1000:.0f}ms"
            f" fall {check.retries} rise {check.retries} on-marked-down shutdown-sessions\n"
        )
        parts += [
            f"    server {host.name} {host.address}:{port}\n"
            for role in balancer.targets
            for host in inventory.of_role(role)
        ]
    return "".join(parts)
