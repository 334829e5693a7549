"""This computer: kernel settings and routes that the lab needs, changed as root or through Docker."""

import os
import subprocess
from ipaddress import IPv4Network
from pathlib import Path

from hadrill.lab.docker import LabError, docker

# Every systemd takes several inotify instances, and all machines share the computer's limit:
# with the default of 128 the fifteenth machine dies at boot without a word.
KERNEL_LIMITS = {"fs/inotify/max_user_instances": 8192, "fs/inotify/max_user_watches": 1048576}

# Behind any route that Docker's bridge has for the subnet, before the default route.
LAST_RESORT_METRIC = "4096"


def as_root(machine_image: str, *command: str) -> str:
    """Run a command with the computer's own network and kernel settings. Raises LabError where it fails."""
    if os.geteuid() != 0:
        host = ("--network", "host", "--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE")
        open_paths = ("--security-opt", "systempaths=unconfined", "--security-opt", "apparmor=unconfined")
        return docker("run", "--rm", *host, *open_paths, "--entrypoint", command[0], machine_image, *command[1:])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def raise_limits(machine_image: str) -> None:
    """Raise the kernel's limits that machines share; a limit that is higher already stays."""
    for name, least in KERNEL_LIMITS.items():
        if int((Path("/proc/sys") / name).read_text("ascii")) < least:
            as_root(machine_image, "sh", "-c", f"echo {least} > /proc/sys/{name}")


def blackhole(machine_image: str, subnet: IPv4Network) -> None:
    """With the lab down, not one packet for its subnet leaves the computer."""
    as_root(machine_image, "ip", "route", "replace", "blackhole", str(subnet), "metric", LAST_RESORT_METRIC)


def keep_inside(machine_image: str, bridge: str) -> None:
    """Machines reach each other and the computer, and nothing beyond it."""
    rule = ("DOCKER-USER", "-i", bridge, "!", "-o", bridge, "-p", "tcp", "-j", "REJECT", "--reject-with", "tcp-reset")
    other = ("DOCKER-USER", "-i", bridge, "!", "-o", bridge, "-j", "REJECT")
    for one in (other, rule):
        try:
            as_root(machine_image, "iptables", "-w", "-C", *one)
        except LabError:
            as_root(machine_image, "iptables", "-w", "-I", *one)
