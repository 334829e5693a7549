"""How a service that somebody else set up is recognised on hosts, and what it says of itself and its peers.

A service that can be adopted has an `adoption` in its record: an object with what Adoption names. It only reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from hadrill.diagnosis.facts import Question
from hadrill.placement.container import ENGINE, execute

UNUSED = "not-in-use"
"""The value of a credential that the stack has no use for."""
Ask = Question | str
"""What a host is asked: a question to a port, or a command for its shell."""


@dataclass(frozen=True)
class Program:
    """A process that listens on a host, and how it is started there.

    `command` is the process's own; `configured` are the words with which its container or its unit starts it. `ports`
    are those that it listens on, as others reach them; `mounts` lead from paths in its container to the host's.
    """

    pid: int
    command: tuple[str, ...]
    configured: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    unit: str = ""
    container: str = ""
    image: str = ""
    mounts: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """The file name of what runs: `redis-server`. Some programs write their whole title into the first word."""
        return PurePosixPath(self.command[0].split()[0]).name if self.command and self.command[0].split() else ""

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that it was started with; what is configured first, as a program may change its own."""
        return (*self.configured, *self.command)

    def files(self, *endings: str) -> tuple[str, ...]:
        """Absolute paths among its words that end so, as they are for itself."""
        named = (word.partition("=")[2] if word.startswith("-") else word for word in self.words)
        return tuple(dict.fromkeys(word for word in named if word.startswith("/") and word.endswith(endings)))

    def path(self, inside: str) -> str:
        """Where a path of its own lies on the host; empty where no mount leads to it."""
        if not self.container:
            return inside
        own = PurePosixPath(inside)
        for place in (own, *own.parents):
            if (source := self.mounts.get(str(place))) is not None:
                return str(PurePosixPath(source) / own.relative_to(place))
        return ""

    def run(self, text: str) -> str:
        """A command that runs this text where the program runs: in its container, or on the host."""
        return f"{ENGINE}; {execute(self.container, text)} </dev/null" if self.container else text


@dataclass(frozen=True)
class Lead:
    """A port of a proxy and the servers that it leads to, each with its port."""

    port: int
    servers: tuple[tuple[str, int], ...]
    name: str = ""
    """The backend's."""


@dataclass(frozen=True)
class Told:
    """What a program says of itself. Names and addresses are as it has them; what it does not say is empty.

    `secrets` are credentials by role and name, `settings` values of settings.yaml by their path (`redis.quorum`).
    """

    cluster: str = ""
    names: tuple[str, ...] = ()
    """How peers call it, besides its host's names and addresses."""
    peers: tuple[str, ...] = ()
    """Members of its cluster."""
    leads: tuple[Lead, ...] = ()
    configuration: str = ""
    """Its file or folder on the host."""
    data: str = ""
    statistics: str = ""
    """Where it tells of itself, as topology.yaml has it; empty: at its usual port."""
    inside: Mapping[str, str] = field(default_factory=dict)
    """Other components that are processes of this one: name, and the folder of its data."""
    ports: Mapping[int, int] = field(default_factory=dict)
    """Where it listens, by the usual port."""
    secrets: Mapping[tuple[str, str], str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What a user should know: what it lacks, what was guessed and from what."""


class Adoption(Protocol):
    """What a service's own folder says about adopting it."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables of its programs that are read."""

    @property
    def unproxied(self) -> Mapping[str, object]:
        """Settings, by their path, of a cluster that no proxy leads to."""

    @property
    def needs(self) -> Mapping[tuple[str, str], str]:
        """Credentials, by role and name, that may be readable nowhere, and how each is made by hand."""

    def component(self, program: Program) -> str:
        """The component of its record that a program is; empty: none."""

    def questions(self, program: Program, answers: Mapping[str, str]) -> Mapping[str, Ask]:
        """What the program's host is asked, by names of one's own. Asked again until nothing new is wanted."""

    def told(self, program: Program, answers: Mapping[str, str]) -> Told:
        """What the answers mean. Those that failed are empty."""


def read(*paths: str) -> dict[str, Ask]:
    """Commands that print files of a host, by their paths; those without a path are left out."""
    return {path: f"cat -- '{path}'" for path in paths if path and "'" not in path}
