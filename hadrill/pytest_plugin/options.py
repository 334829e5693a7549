"""What hadrill adds to pytest's command line, and what was chosen there.

Every option has a name that is hadrill's own, like `--hadrill-node`. The short one, `--node`, is there as well unless
another plugin or a conftest has taken it.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hadrill.inventory.default import default_folder

PREFIX = "hadrill_"
GROUPS: dict[str, dict[str, dict[str, Any]]] = {
    "hadrill": {
        "inventory": {
            "default": None,
            "metavar": "DIR",
            "help": "folder with servers.tsv, versions.yaml, settings.yaml and credentials/ "
            "(the only one below inventories/, or inventories/lab)",
        },
        "reports": {"default": "reports", "metavar": "DIR", "help": "where the reports of runs lie"},
        "no-page": {"action": "store_true", "help": "do not make index.html, which takes two seconds"},
    },
    "hadrill drills": {
        "node": {"default": "", "metavar": "HOST", "help": "only drills on this host, in the role that it has"},
        "service": {"default": "", "metavar": "NAME", "help": "only drills of this service"},
        "cluster": {"default": "", "metavar": "NAME", "help": "only checks and drills of the cluster of that name"},
        "fault": {"default": "", "metavar": "NAME", "help": "only drills with this fault, listed or not"},
        "role": {"default": "", "metavar": "NAME", "help": "only drills on a member in this role"},
        "plan": {
            "action": "store_true",
            "help": "say what would be done, to whom, and the undo; touch nothing",
        },
        "repeat": {
            "type": int,
            "default": 1,
            "metavar": "N",
            "help": "each drill so many times, with its distribution",
        },
        "make-leader": {
            "action": "store_true",
            "help": "make --node the leader first, by a planned switchover",
        },
        "quorum-loss": {"action": "store_true", "help": "also drills that take a quorum's majority away"},
        "force": {"action": "store_true", "help": "drill though a cause against it is known beforehand"},
        "rate": {"type": float, "default": None, "metavar": "N", "help": "operations a second of each lane (20)"},
        "consent": {
            "action": "append",
            "default": [],
            "metavar": "HOST,..",
            "help": "hosts that may be broken, outside the lab",
        },
    },
    "hadrill chaos": {
        "seed": {"type": int, "default": None, "metavar": "N", "help": "what the schedule is drawn from (the time)"},
        "duration": {
            "default": "10m",
            "metavar": "TIME",
            "help": "90s, 10m, 8h: no round begins later (10m)",
        },
        "replay": {"type": Path, "default": None, "metavar": "FILE", "help": "the schedule.json of an earlier run"},
        "gate": {"action": "store_true", "help": "fail where something got worse than in earlier runs"},
        "only": {"default": "", "metavar": "ROUNDS", "help": "only these rounds of the schedule: 3-5,9"},
    },
}
"""By the heading in pytest's help: each option's short name, and how argparse reads it."""


@dataclass(frozen=True)
class Options:
    """What a command line says to hadrill."""

    inventory: str | None
    reports: str
    no_page: bool
    node: str
    service: str
    cluster: str
    fault: str
    role: str
    plan: bool
    repeat: int
    make_leader: bool
    quorum_loss: bool
    force: bool
    rate: float | None
    consent: list[str]
    seed: int | None
    duration: str
    replay: Path | None
    gate: bool
    only: str

    @property
    def folder(self) -> Path:
        """The inventory's folder."""
        return Path(self.inventory) if self.inventory else default_folder()

    @property
    def consented(self) -> list[str]:
        """Hosts that may be broken, outside the lab."""
        return [name for part in self.consent for name in part.split(",")]


def add_options(parser: pytest.Parser) -> None:
    """Add hadrill's options to pytest's. To be called last: only then is it known which short names are taken."""
    for heading, options in GROUPS.items():
        group = parser.getgroup(heading)
        for name, attributes in options.items():
            own = f"--hadrill-{name}"
            try:
                group.addoption(own, f"--{name}", dest=_place(name), **attributes)
            except (ValueError, argparse.ArgumentError):
                group.addoption(own, dest=_place(name), **attributes)


def options_of(config: pytest.Config) -> Options:
    """What was chosen on the command line of a run."""
    names = [name for options in GROUPS.values() for name in options]
    return Options(**{name.replace("-", "_"): getattr(config.option, _place(name)) for name in names})


def options_with_values() -> set[str]:
    """Those that are followed by a value, by both of their names."""
    taking = [name for options in GROUPS.values() for name, how in options.items() if how.get("action") != "store_true"]
    return {f"--{name}" for name in taking} | {f"--hadrill-{name}" for name in taking}


def _place(name: str) -> str:
    return PREFIX + name.replace("-", "_")
