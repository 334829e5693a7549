"""What must be on a host: directories, files, and units with what they depend on."""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

SECRET = 0o600
"""The mode of every file that holds a secret: a folder that is closed on the host is open where it is mounted."""

# A connection that is older than the firewall's rules is none they know: what comes back on it is dropped for good.
AFTER_NETWORK = "After=network-online.target ufw.service"


@dataclass(frozen=True)
class Directory:
    """A directory. `once`: its mode is left to the service after creation. Without `create`: only where it exists."""

    path: str
    mode: int = 0o755
    once: bool = False
    create: bool = True


@dataclass(frozen=True)
class Reader:
    """Who reads a secret in a container: the user of this name in the image, or the one that the image itself sets."""

    image: str
    user: str


@dataclass(frozen=True)
class File:
    """A file with its whole content. `once`: written when it is missing, then the service's own.

    `reader`: it belongs to this user, and nobody else may read it (SECRET). Without one it is root's.
    """

    path: str
    content: str
    mode: int = 0o644
    once: bool = False
    reader: Reader | None = None


@dataclass(frozen=True)
class Block:
    """Lines between two marker lines of a file that belongs to somebody else. A missing block goes to the top."""

    path: str
    begin: str
    end: str
    content: str


@dataclass(frozen=True)
class Unit:
    """A systemd unit. `depends`: files whose change means that it must start again."""

    name: str
    content: str
    depends: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True)
class Absent:
    """A unit that must not be there any more, and the folders that nothing else uses."""

    unit: str
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Desired:
    """Everything that a module must have on one host, in the order in which it is made; removals come first."""

    directories: tuple[Directory, ...] = ()
    files: tuple[File, ...] = ()
    blocks: tuple[Block, ...] = ()
    units: tuple[Unit, ...] = ()
    absent: tuple[Absent, ...] = ()

    def as_message(self) -> dict[str, Any]:
        """The form in which hadrill/on_host/apply.py gets it."""
        contents = {file.path: file.content for file in self.files}
        units = [
            asdict(unit) | {"digest": digest(unit.content, *(contents[path] for path in unit.depends))}
            for unit in self.units
        ]
        return {
            "directories": [asdict(directory) for directory in self.directories],
            "files": [asdict(file) for file in self.files],
            "blocks": [asdict(block) for block in self.blocks],
            "units": units,
            "absent": [asdict(absent) for absent in self.absent],
        }


def digest(*parts: str) -> str:
    """A short hash of what a unit was started with."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Units:
    """Units of a host that are not as they must be: to be started, or running with an older configuration."""

    stopped: tuple[str, ...]
    outdated: tuple[str, ...]
