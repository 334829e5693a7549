"""A part of an inventory: the data services, Kubernetes, or all. This computer does not see what is left out."""

from collections.abc import Iterable
from pathlib import Path

from hadrill.inventory.host import Host
from hadrill.inventory.problem import Problem
from hadrill.inventory.servers import read_servers
from hadrill.services import registry

ALL = "all"
FILE = "profile"
"""A file beside servers.tsv that holds one word; without it settings.yaml says which profile."""


def profiles() -> tuple[str, ...]:
    """All profiles: those that services belong to, and ALL."""
    return (*dict.fromkeys(known.profile for known in registry.services()), ALL)


def of_profile(hosts: Iterable[Host], profile: str) -> tuple[Host, ...]:
    """The hosts that belong to a profile, in their order. Hosts without a service belong to each."""

    def belongs(host: Host) -> bool:
        return profile == ALL or bool(_profiles_of(host) & {profile, ALL})

    return tuple(filter(belongs, hosts))


def profile_of(folder: Path, name: str) -> str | None:
    """The profile with which an inventory has the host of that name; None where servers.tsv has no such host."""
    for host in read_servers(folder / "servers.tsv", []).hosts:
        if host.name == name:
            return min(_profiles_of(host))
    return None


def _profiles_of(host: Host) -> set[str]:
    services = (registry.service_of(role) for role in host.roles)
    return {known.profile if known else ALL for known in services}


def read_profile(folder: Path, usual: str, problems: list[Problem]) -> str:
    """What the file says; what settings.yaml says where there is none. A word that is no profile is a problem."""
    file = folder / FILE
    if not file.exists():
        return usual
    word = file.read_text("utf-8", "replace").strip()
    if word in profiles():
        return word
    problems.append(Problem(file, 1, 1, f"unknown profile {word[:40]!r}", f"Write one of: {', '.join(profiles())}."))
    return usual
