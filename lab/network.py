"""The lab's network: a bridge of its own that nothing leaves."""

import json
from ipaddress import IPv4Network

from hadrill.inventory import Inventory, Settings
from hadrill.lab.computer import blackhole, keep_inside
from hadrill.lab.docker import LabError, docker
from hadrill.lab.images import machine_image

BRIDGE = "hadrill0"


def ensure_network(inventory: Inventory) -> str:
    """Create the network where it is missing and return its name. The computer itself has the first address."""
    name = network_name(inventory)
    subnet = inventory.settings.private_network
    # Before the first machine starts: a service address without its rules yet would leave by the default route.
    keep_inside(machine_image(), BRIDGE)
    blackhole(machine_image(), subnet)
    if name not in docker("network", "ls", "--format", "{{.Name}}").split():
        _refuse_overlap(subnet)
        docker(
            "network",
            "create",
            "--subnet",
            str(subnet),
            "--gateway",
            str(subnet[1]),
            "--opt",
            f"com.docker.network.bridge.name={BRIDGE}",
            name,
        )
    return name


def network_name(inventory: Inventory) -> str:
    """The network's name in Docker."""
    return f"hadrill-{inventory.settings.name}"


def seal(settings: Settings) -> None:
    """Make sure that packets to a lab's subnet cannot leave this computer. Does nothing for other inventories."""
    if settings.lab:
        blackhole(machine_image(), settings.private_network)


def _refuse_overlap(subnet: IPv4Network) -> None:
    for name in docker("network", "ls", "--filter", "driver=bridge", "--format", "{{.Name}}").split():
        for network in json.loads(docker("network", "inspect", name)):
            for config in network["IPAM"]["Config"] or []:
                if IPv4Network(config["Subnet"]).overlaps(subnet):
                    remedy = f"remove it (docker network rm {name}) or change private_network"
                    raise LabError(f"Docker's network {name} already uses {config['Subnet']}: {remedy}")
