"""A component of Kubernetes as a systemd unit of its own: one process, which comes back after a crash."""

from collections.abc import Mapping
from dataclasses import dataclass

from hadrill.install.container import STAMP
from hadrill.install.desired import AFTER_NETWORK, Unit


@dataclass(frozen=True)
class Process:
    """What to run, after which other units, and what its unit says besides."""

    name: str
    command: str
    after: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    """Files whose change means that it must start again."""
    lines: tuple[str, ...] = ()

    @property
    def unit_name(self) -> str:
        """The name of its unit."""
        return f"hadrill-{self.name}.service"

    def unit(self) -> Unit:
        """Its unit."""
        after = " ".join(f"hadrill-{name}.service" for name in self.after)
        text = "\n".join(
            (
                "[Unit]",
                f"Description={self.name}, installed by hadrill",
                "Wants=network-online.target",
                f"{AFTER_NETWORK} {after}".rstrip(),
                "StartLimitIntervalSec=0",
                "",
                "[Service]",
                f"ExecStartPre={STAMP.format(unit=self.unit_name)}",
                f"ExecStart={self.command}",
                "Restart=always",
                "RestartSec=1",
                # An API server waits a minute for its open watches.
                "TimeoutStopSec=10",
                "TimeoutStartSec=120",
                "LimitNOFILE=1048576",
                *self.lines,
                "",
                "[Install]",
                "WantedBy=multi-user.target",
                "",
            )
        )
        return Unit(self.unit_name, text, self.depends)


def flags(values: Mapping[str, object]) -> str:
    """`--name=value` for each, in their order."""
    return " ".join(f"--{name}={value}" for name, value in values.items())
