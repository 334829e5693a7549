"""The live configuration of the proxies, and the time that their health checks and retries take.

Read from the files that the running containers were started with.
Formulas: HAProxy's documentation of `inter`, `fall` and `rise`.
"""

import re
from dataclasses import dataclass

from hadrill.inventory import Host, Inventory
from hadrill.placement import Placement
from hadrill.remote import Remote, shell
from hadrill.services.errors import reading
from hadrill.services.haproxy.record import SERVICE
from hadrill.services.placing import placed_in
from hadrill.timing import MILLISECOND, Part, duration

POOL_SECONDS = 15.0
"""PgBouncer's own value of both of its times."""


@dataclass(frozen=True)
class Checks:
    """Health checks of a backend: seconds between two, and how many of a kind change a server's state."""

    inter: float
    fastinter: float
    downinter: float
    fall: int
    rise: int
    connect: float
    source: str

    def down(self, blackhole: bool) -> Part:
        """The time until a dead server gets no more connections. A blackholed check takes its connect timeout too."""
        check = min(self.connect, self.inter) if blackhole else 0.0
        seconds = self.inter + self.fall * check + (self.fall - 1) * self.fastinter
        return Part("proxy down", seconds, f"inter {self.inter:g} fall {self.fall}, {self.source}")

    def up(self) -> Part:
        """The time until a server that serves again gets connections."""
        seconds = self.downinter + (self.rise - 1) * self.fastinter
        return Part("proxy up", seconds, f"downinter {self.downinter:g} rise {self.rise}, {self.source}")


def checks_of(haproxy: Placement, remote: Remote, host: Host, backend: str) -> Checks:
    """A backend's health checks as they are on a proxy. Raises RemoteError, BadAnswerError."""
    file = haproxy.configuration
    text = remote.run(host, shell.command("cat", file)).stdout
    sections = re.split(r"^(?=\w)", text, flags=re.M)
    own = [part for part in sections if part.startswith("defaults") or part.split("\n", 1)[0].endswith(f" {backend}")]
    values = {"inter": 2.0, "fall": 3.0, "rise": 2.0, "connect": 3.0}
    with reading(f"{file} of {host}"):
        for line in "".join(own).splitlines():
            words = line.split("#")[0].split()
            if words[:1] in (["server"], ["default-server"]):
                for name in {"inter", "fastinter", "downinter", "fall", "rise"} & set(words):
                    given = words[words.index(name) + 1]
                    values[name] = duration(given, MILLISECOND) if "inter" in name else float(given)
            elif words[:2] == ["timeout", "connect"]:
                values["connect"] = duration(words[2], MILLISECOND)
    return Checks(
        values["inter"],
        values.get("fastinter", values["inter"]),
        values.get("downinter", values["inter"]),
        int(values["fall"]),
        int(values["rise"]),
        values["connect"],
        f"live, {host}",
    )


def haproxy_on(inventory: Inventory, host: Host) -> Placement:
    """How HAProxy runs on a proxy."""
    return placed_in(inventory, SERVICE.name, SERVICE.name, host)


def pgbouncer_parts(inventory: Inventory, remote: Remote, host: Host) -> tuple[Part, ...]:
    """How long PgBouncer clings to a login that nobody answers, and waits after one that failed. Raises RemoteError."""
    file = placed_in(inventory, SERVICE.name, "pgbouncer", host).configuration
    text = remote.run(host, shell.command("cat", file)).stdout

    def part(title: str, setting: str) -> Part:
        match = re.search(rf"^{setting}\s*=\s*([0-9.]+)", text, re.M)
        seconds = float(match.group(1)) if match else POOL_SECONDS
        return Part(title, seconds, f"{setting}, {'live' if match else 'default'}, {host}")

    return part("login", "server_connect_timeout"), part("login retry", "server_login_retry")
