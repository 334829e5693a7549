"""A part of an inventory: the data services, Kubernetes, or all. What is left out is not there for this computer."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

from hadrill.inventory.host import Host, Role
from hadrill.inventory.problem import Problem

Profile = Literal["data", "kubernetes", "all"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
FILE = "profile"
"""A file beside servers.tsv that holds one word; without it settings.yaml says which profile."""
KUBERNETES = frozenset({Role.K3S_SERVER, Role.K3S_AGENT})
EVERYWHERE = frozenset({Role.RUNNER, Role.BASE})


def of_profile(hosts: Iterable[Host], profile: Profile) -> tuple[Host, ...]:
    """The hosts that belong to a profile, in their order."""
    if profile == "all":
        return tuple(hosts)
    wanted = KUBERNETES if profile == "kubernetes" else frozenset(Role) - KUBERNETES
    return tuple(host for host in hosts if host.role in wanted | EVERYWHERE)


def read_profile(folder: Path, usual: Profile, problems: list[Problem]) -> Profile:
    """What the file says; what settings.yaml says where there is none. A word that is no profile is a problem."""
    file = folder / FILE
    if not file.exists():
        return usual
    said = file.read_text("utf-8", "replace").strip()
    for profile in PROFILES:
        if said == profile:
            return profile
    problems.append(Problem(file, 1, 1, f"unknown profile {said[:40]!r}", f"Write one of: {', '.join(PROFILES)}."))
    return usual
