"""Slow cases take turns: a run takes a part of each kind, and its commit's hash says which."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TURNS = 4
EVERY = "all"
"""What `--rotation` says for all cases of all turns."""


@dataclass(frozen=True)
class Turn:
    """Which turn a run takes, and why. No number: all of them."""

    number: int | None
    why: str

    def __str__(self) -> str:
        return f"slow cases: {'every turn' if self.number is None else f'turn {self.number} of {TURNS}'}, {self.why}"


def turn_of(commit: str) -> int:
    """The turn of a commit, from 1. A hash is the same in every clone, however much of the history it has."""
    return int(commit, 16) % TURNS + 1


def chosen(kinds: Mapping[str, str], turn: int | None) -> set[str]:
    """The cases of a turn, of all cases with the kind of each: every fourth, where cases of a kind stand together.

    So each case has one turn, and a kind with four cases or more has one in each turn. Of a smaller kind some case has
    several, so that no turn is without it.
    """
    if turn is None:
        return set(kinds)
    picked = set(sorted(kinds, key=lambda case: (kinds[case], case))[turn - 1 :: TURNS])
    for kind in set(kinds.values()) - {kinds[case] for case in picked}:
        cases = sorted(case for case in kinds if kinds[case] == kind)
        picked.add(cases[turn % len(cases)])
    return picked


def turn_from(option: str, folder: Path) -> Turn:
    """What `--rotation` asks for; without it, the turn of the commit that is checked out."""
    if option == EVERY:
        return Turn(None, "as --rotation says")
    if option:
        return Turn(int(option), "as --rotation says")
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return Turn(1, "the first: git names no commit here")
    changed = " and changes that are not committed" if _git(folder, "status", "--porcelain") else ""
    return Turn(turn_of(commit), f"that of commit {commit[:12]}{changed}")


def _git(folder: Path, *arguments: str) -> str:
    """What git says; nothing where there is no git, or no commit."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
