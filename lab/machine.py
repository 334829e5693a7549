"""A machine: a container with an init of its own, a fixed address, and a disk that outlives its power."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from hadrill.inventory import Host
from hadrill.lab.docker import docker
from hadrill.lab.node import STORE as INSIDE_STORE
from hadrill.lab.store import INSIDE, volume_of

# The clock, kernel modules and the computer's power are not the machine's to change; the kernel lends no resources.
DROPPED = ("SYS_RESOURCE", "SYS_TIME", "SYS_MODULE", "SYS_BOOT")


@dataclass(frozen=True)
class Machine:
    """One machine of a lab, as Docker runs it."""

    lab: str
    host: Host
    image: str
    network: str
    services: str
    files: Path
    store: Path | None = None
    """Where containerd keeps its images, on a machine that carries Kubernetes."""

    @property
    def name(self) -> str:
        """Its name in Docker."""
        return f"{self.lab}-{self.host.name}"

    @property
    def spec(self) -> str:
        """A hash of everything it was made from; another one means another machine.

        `services` stands for the services' images: a tag that means another image now would go unnoticed otherwise.
        """
        return hashlib.sha256(" ".join([*self._arguments, self.services]).encode()).hexdigest()[:12]

    def create(self) -> None:
        """Make the machine, with an empty disk and the power off."""
        labels = ("--label", f"hadrill.lab={self.lab}", "--label", f"hadrill.spec={self.spec}")
        docker("create", "--name", self.name, *labels, *self._arguments)

    @property
    def _arguments(self) -> tuple[str, ...]:
        unconfined = [f"{kind}=unconfined" for kind in ("seccomp", "apparmor", "systempaths")]
        return (
            "--hostname",
            self.host.name,
            "--network",
            self.network,
            "--ip",
            self.host.address,
            "--cap-add",
            "ALL",
            *[part for name in DROPPED for part in ("--cap-drop", name)],
            *[part for option in unconfined for part in ("--security-opt", option)],
            "--device",
            "/dev/fuse",
            "--device-cgroup-rule",
            "a *:* rwm",
            "--cgroupns",
            "private",
            "--tmpfs",
            "/run",
            "--tmpfs",
            "/tmp",  # noqa: S108 - inside the machine
            *self._kubernetes,
            "-v",
            "/var/lib/containers",
            "-v",
            f"{volume_of(self.lab)}:{INSIDE}:ro",
            "-v",
            f"{self.files}:/lab:ro",
            "-v",
            f"{self.files / 'machine-id'}:/etc/machine-id:ro",
            "-v",
            f"{self.files / 'resolv.conf'}:/etc/resolv.conf:ro",
            self.image,
        )

    @property
    def _kubernetes(self) -> tuple[str, ...]:
        """What only those machines have: no overlay lies on another, and kubelet reads the kernel's log."""
        if self.store is None:
            return ()
        disks = ("/var/lib/kubelet", "/var/lib/hadrill", "/opt/local-path-provisioner")
        volumes = [part for disk in disks for part in ("-v", disk)]
        return ("--device", "/dev/kmsg", "-v", f"{self.store}:{INSIDE_STORE}", *volumes)


def power_on(names: list[str]) -> None:
    """Start machines; those that run stay as they are."""
    if names:
        docker("start", *names)


def power_off(names: list[str]) -> None:
    """Cut the power: no program in the machines can end in good order, and their disks stay."""
    if names:
        docker("kill", *names)
