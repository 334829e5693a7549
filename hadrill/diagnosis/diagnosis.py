"""The result of a diagnosis: causes, the most telling first, and what was ruled out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from hadrill.diagnosis.common import BUSY
from hadrill.diagnosis.common import RULES as COMMON
from hadrill.diagnosis.facts import Facts
from hadrill.diagnosis.rule import Cause, Rule, ServiceView


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a service. Causes come in the order of the rules: what explains most comes first.

    A rule that names no cause is ruled out only where all hosts that it looks at could be asked.
    """

    service: str
    causes: tuple[Cause, ...]
    ruled_out: tuple[str, ...]
    """Rules that looked at hosts which could all be asked, and gave an answer."""
    in_part: tuple[str, ...]
    """Rules that looked at hosts of which some could not be asked: the cause may be there."""
    not_judged: tuple[str, ...]
    """Rules that got an answer of no host."""
    unheard: tuple[str, ...]
    """Hosts without an answer to one of the rules that are ruled out in part."""
    silent: tuple[str, ...]
    """Hosts that could not be asked, with the reason."""
    facts: Facts
    unreachable: str = ""
    """Why nothing can be said of the service's members, where none of them could be asked."""

    @classmethod
    def of(cls, service: str, view: ServiceView, rules: Sequence[Rule[ServiceView]]) -> Self:
        """Apply the rules; before a fault only those that can be seen before it (Rule.foretells)."""
        known: tuple[Rule[ServiceView], ...] = (*COMMON, *rules, BUSY)
        chosen = [rule for rule in known if rule.foretells or not view.before]
        silent = {name: host.unreachable for name, host in view.facts.hosts.items() if host.unreachable}
        causes: list[Cause] = []
        ruled_out, in_part, not_judged = list[str](), list[str](), list[str]()
        unheard = set[str]()
        for rule in chosen:
            own = view.again()
            cause = rule.applies(own)
            if cause is not None:
                causes.append(cause)
                continue
            asked = own.looked_at - set(silent) - own.unheard
            outcome = not_judged if not asked else ruled_out if asked == own.looked_at else in_part
            outcome.append(rule.name)
            unheard |= own.looked_at - asked if asked else set()
        return cls(
            service,
            tuple(causes),
            tuple(ruled_out),
            tuple(in_part),
            tuple(not_judged),
            tuple(sorted(unheard)),
            tuple(f"{name}: {reason}" for name, reason in silent.items()),
            view.facts,
        )

    def __str__(self) -> str:
        first = [f"{self.service}: {self.unreachable}"] if self.unreachable else []
        if not self.causes:
            return "\n".join([*first, f"{self.service}: no known cause; {self._judged}"])
        return "\n".join([*first, *map(str, self.causes)])

    @property
    def summary(self) -> str:
        """One line: the first cause with what shows it, or what was ruled out and what was not."""
        if self.unreachable:
            return self.unreachable
        if not self.causes:
            return f"cause unknown; {self._judged}"
        first = self.causes[0]
        return f"cause: {first.name} ({first.symptom}): {first.evidence[0]}"

    @property
    def _judged(self) -> str:
        """What is known of the rules that named no cause."""
        if not (self.ruled_out or self.in_part):
            return "nothing is ruled out, as nobody could be asked"
        parts = (
            ("ruled out", self.ruled_out),
            (f"ruled out but for {', '.join(self.unheard)}, which could not be asked", self.in_part),
            ("not judged, as nobody could be asked", self.not_judged),
        )
        return "; ".join(f"{how}: {', '.join(names)}" for how, names in parts if names)
