"""Causes in the order of their rank, and what was ruled out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from hadrill.diagnosis.common import BUSY
from hadrill.diagnosis.common import RULES as COMMON
from hadrill.diagnosis.facts import Facts
from hadrill.diagnosis.rule import Cause, Rule, Seen


@dataclass(frozen=True)
class Diagnosis:
    """What a service suffers from. Causes come in the order of the rules: what explains most comes first."""

    service: str
    causes: tuple[Cause, ...]
    ruled_out: tuple[str, ...]
    silent: tuple[str, ...]
    """Hosts that could not be asked, with the reason."""
    facts: Facts

    @classmethod
    def of(cls, service: str, view: Seen, rules: Sequence[Rule[Seen]]) -> Self:
        """Apply rules; before a fault only those that foretell something."""
        known: tuple[Rule[Seen], ...] = (*COMMON, *rules, BUSY)
        chosen = [rule for rule in known if rule.foretells or not view.before]
        found = [rule.applies(view) for rule in chosen]
        return cls(
            service,
            tuple(cause for cause in found if cause is not None),
            tuple(rule.name for rule, cause in zip(chosen, found, strict=True) if cause is None),
            tuple(f"{name}: {host.unreachable}" for name, host in view.facts.hosts.items() if host.unreachable),
            view.facts,
        )

    def __str__(self) -> str:
        if not self.causes:
            return f"{self.service}: no known cause; ruled out: {', '.join(self.ruled_out)}"
        return "\n".join(map(str, self.causes))

    @property
    def summary(self) -> str:
        """One line: the first cause with what shows it, or what was ruled out."""
        if not self.causes:
            return f"cause unknown; ruled out: {', '.join(self.ruled_out)}"
        first = self.causes[0]
        return f"cause: {first.name} ({first.symptom}): {first.evidence[0]}"
