"""A rule: a cause by name, how one sees it in the facts, and what to do about it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypedDict, TypeVar, cast

from hadrill.diagnosis.view import View
from hadrill.placement import Placement

ServiceView = TypeVar("ServiceView", bound=View[Any], contravariant=True)
"""A service's own view of the facts."""

TYPED = re.compile(r"<(?P<what>start|restart|data) (?P<component>[\w-]+)>")
PLACED = {"start": "to_start", "restart": "to_restart", "data": "data"}
"""`<start redis>` in a remedy: the command by which that component is started; `<data redis>`: its folder."""
LINES = 12
"""How many lines of evidence people are shown; reports hold all."""


class CauseRow(TypedDict):
    """A cause in the form in which reports hold it."""

    name: str
    symptom: str
    evidence: tuple[str, ...]
    remedy: str


@dataclass(frozen=True)
class Cause:
    """A cause that was found by a rule: its name, the lines that show it, and the remedy."""

    name: str
    symptom: str
    evidence: tuple[str, ...]
    remedy: str

    def __str__(self) -> str:
        shown = [f"  {line}" for line in self.evidence[:LINES]]
        if len(self.evidence) > LINES:
            shown.append(f"  and {len(self.evidence) - LINES} more like these")
        return "\n".join([f"{self.name}: {self.symptom}", *shown, f"  -> {self.remedy}"])

    def as_json(self) -> CauseRow:
        """The form in which reports hold it."""
        return cast("CauseRow", asdict(self))


@dataclass(frozen=True)
class Rule(Generic[ServiceView]):
    """A cause and how it is seen. `look` returns lines of evidence; no line: not on the hosts that it looked at.

    `<start redis>`, `<restart redis>` and `<data redis>` in `remedy` stand for how that component runs there.

    `foretells`: whether the cause can be seen before a failover begins. Otherwise it is not looked for before a fault.
    """

    name: str
    symptom: str
    shown_by: str
    remedy: str
    look: Callable[[ServiceView], Iterable[str]]
    foretells: bool = True

    def applies(self, view: ServiceView) -> Cause | None:
        """The cause, where the facts show it."""
        evidence = tuple(self.look(view))
        return Cause(self.name, self.symptom, evidence, typed(self.remedy, view.placed)) if evidence else None


def typed(remedy: str, placed: Callable[[str], Placement]) -> str:
    """A remedy with commands and folders of components that are placed so."""
    return TYPED.sub(lambda mark: getattr(placed(mark["component"]), PLACED[mark["what"]]), remedy)
