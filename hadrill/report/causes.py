"""The page docs/causes.md, made from the rules: `python -m hadrill.report.causes > docs/causes.md`."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from hadrill.diagnosis.common import BUSY
from hadrill.diagnosis.common import RULES as COMMON
from hadrill.diagnosis.rule import Rule, typed
from hadrill.placement import Placement, placed
from hadrill.services import registry

HEAD = """# Causes

What `hadrill diagnose SERVICE` and a failed drill can name. Each cause comes with the lines that show it, from the
lab or production as it is at that moment; the first one explains most. A diagnosis that names none says
which of these were ruled out, and which could not be judged. This page is made from the rules
(`hadrill/services/*/diagnosis.py`).
"""


def as_installed(component: str) -> Placement:
    """How a component runs where hadrill installed it."""
    owner = next(known for known in registry.services() if component in {part.name for part in known.components})
    return placed(owner, component)


def rules() -> Mapping[str, Sequence[Rule[Any]]]:
    """All rules, by the title of what they are about."""
    examined = [known for known in registry.services() if known.examination]
    own = {known.title: registry.load(known.examination).rules for known in examined}
    return {"Every host": COMMON, **own, "Every host, when nothing else explains it": (BUSY,)}


def document() -> str:
    """The page's text."""
    lines = [HEAD]
    for service, known in rules().items():
        lines += [f"## {service}", "", "| cause | symptom | shown by | remedy |", "|---|---|---|---|"]
        for rule in known:
            cells = (f"`{rule.name}`", rule.symptom, rule.shown_by, typed(rule.remedy, as_installed))
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(document())
