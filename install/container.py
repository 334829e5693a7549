"""A service's container as a systemd unit: it comes back after a crash and after a power cut."""

from dataclasses import dataclass, field

from hadrill.install.desired import AFTER_NETWORK, Unit
from hadrill.placement import folders

STAMP = "/bin/sh -c 'mkdir -p /run/hadrill && cp -f /etc/hadrill/units/{unit} /run/hadrill/{unit}.started'"


@dataclass(frozen=True)
class Container:
    """What to run: image, command, mounts (host path to path inside), and a file with its environment."""

    name: str
    image: str
    command: str
    mounts: tuple[tuple[str, str], ...]
    environment_file: str = ""
    options: str = ""
    stop_seconds: int = 30
    before: tuple[str, ...] = field(default=())
    after_start: tuple[str, ...] = field(default=())
    service_lines: tuple[str, ...] = field(default=())

    @property
    def unit_name(self) -> str:
        """The name of its unit."""
        return folders.unit(self.name)

    def unit(self, *depends: str) -> Unit:
        """Its unit, which must start again when one of the files changes."""
        parts = ["/usr/bin/docker run --rm", f"--name {self.name}", "--network host", "--log-driver journald"]
        parts += [f"-v {outside}:{inside}" for outside, inside in self.mounts]
        if self.environment_file:
            parts.append(f"--env-file {self.environment_file}")
        if self.options:
            parts.append(self.options)
        lines = [
            "[Unit]",
            f"Description={self.name}, installed by hadrill",
            "Wants=network-online.target",
            f"{AFTER_NETWORK} docker.service",
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            "Type=exec",
            f"ExecStartPre={STAMP.format(unit=self.unit_name)}",
            f"ExecStartPre=-/usr/bin/docker rm --force {self.name}",
            *[f"ExecStartPre={line}" for line in self.before],
            f"ExecStart={' '.join(parts)} {self.image} {self.command}",
            *[f"ExecStartPost={line}" for line in self.after_start],
            f"ExecStop=-/usr/bin/docker stop --time {self.stop_seconds} {self.name}",
            f"TimeoutStopSec={self.stop_seconds + 10}",
            "TimeoutStartSec=120",
            "Restart=always",
            "RestartSec=1",
            # The engine writes the container's output to the journal; attached output would double it.
            "StandardOutput=null",
            *self.service_lines,
            "",
            "[Install]",
            "WantedBy=multi-user.target",
            "",
        ]
        return Unit(self.unit_name, "\n".join(lines), depends)
