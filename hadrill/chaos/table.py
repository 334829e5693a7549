"""The tables of docs/drills.md that say which invariant holds where, made from the code.

`python -m hadrill.chaos.table` writes them into the page, between its two marks.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from hadrill.chaos.calm import Calm
from hadrill.chaos.storm import Storm
from hadrill.drill.invariants import CHECKS
from hadrill.drill.scenarios import QuorumLoss, Scenario, SingleFault, Switchover
from hadrill.drill.scenarios.drain import Drain
from hadrill.drill.scenarios.node_loss import NodeLoss
from hadrill.faults import Kind
from hadrill.services.abilities import Losing
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import CLUSTERS
from hadrill.services.guarded import Guarded
from hadrill.services.member_roles import names
from hadrill.workload import Invariant

SCENARIOS: tuple[type[Scenario], ...] = (SingleFault, Switchover, QuorumLoss, NodeLoss, Drain, Storm, Calm)
BEGIN, END = "<!-- invariants: made by python -m hadrill.chaos.table -->", "<!-- end of invariants -->"
PAGE = Path(__file__).parents[2] / "docs" / "drills.md"


def tables() -> str:
    """Invariants by scenario, then by service."""
    lines = ["", "| what must hold | scenarios |", "|---|---|"]
    for invariant in CHECKS:
        remarks = [f"{scenario.title}: {scenario.remarks[invariant]}" for scenario in _remarking(invariant)]
        lines.append(f"| {invariant} | {'; '.join(['all', *remarks])} |")
    lines += ["", "| service | what says nothing of it, or holds in part |", "|---|---|"]
    lines += [f"| `{name}` | {'; '.join(_limits(cluster)) or 'all hold'} |" for name, cluster in CLUSTERS.items()]
    return "\n".join([*lines, ""])


def _remarking(invariant: Invariant) -> list[type[Scenario]]:
    return [scenario for scenario in SCENARIOS if invariant in scenario.remarks]


def _limits(cluster: type[Cluster]) -> Iterator[str]:
    for invariant in CHECKS:
        if reason := cluster.traits.exempt.get(invariant):
            yield f"{invariant}: not judged, {reason}"
        elif invariant == Invariant.OTHERS_DATA and not issubclass(cluster, Guarded):
            yield f"{invariant}: not counted yet"
        elif invariant == Invariant.NOTHING_LOST and (some := _may_lose(cluster)):
            yield f"{invariant}: but for {some}; then reads that go back are told and fail nothing"


def _may_lose(cluster: type[Cluster]) -> str:
    """After which kinds of faults, and in which role, acknowledged writes may be lost."""
    for role in names(cluster.service):
        kinds = [kind for kind in Kind if issubclass(cluster, Losing) and cluster.may_lose(kind, role)]
        if kinds:
            which = "any fault" if len(kinds) == len(Kind) else ", ".join(kinds)
            return f"what the {role} had not sent ({which})"
    return ""


def written(page: str) -> str:
    """A page with the tables as they are now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write(f"{PAGE} is written\n")
