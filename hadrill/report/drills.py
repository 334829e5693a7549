"""Drills in reports: their table, and their distribution when repeated."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.text import Text

from hadrill.diagnosis import Cause, CauseRow
from hadrill.inventory.cluster import label
from hadrill.report.rows import DrillRow
from hadrill.report.screen import Screen
from hadrill.report.verdict import Verdict

NOT_PASSED = (Verdict.ERROR, Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.UNAVAILABLE)
HEAD = ("SERVICE", "NODE", "ROLE", "FAULT", "OUTAGE / BUDGET", "LOST", "UNKNOWN", "ACKED", "VERDICT")
STYLES: dict[str, str] = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.ERROR: "bold red"}
NOT_JUDGED = "yellow"


def table(drills: Sequence[DrillRow], screen: Screen) -> list[str]:
    """One row for each drill, with its phases below it, and below those why it did not pass."""
    if not drills:
        return []
    head, *lines = screen.table(HEAD, (_row(drill, screen) for drill in drills))
    shown = [head]
    for drill, line in zip(drills, lines, strict=True):
        below = [drill["cause"], *remedy(drill), *drill.get("notes", ())]
        if drill["phases"]:
            below.insert(0, "  ".join(f"{name} {seconds:.1f}" for name, seconds in drill["phases"].items()))
        shown += [line, *(row for text in below if text for row in screen.lines(screen.text(f"    {text}")))]
    what = "Rounds" if any(drill["round"] for drill in drills) else "Failover drills"
    return [*shown, f"{what}  {counted(drills)}", *distribution(drills)]


def counted(drills: Sequence[DrillRow]) -> str:
    """How many passed, and how many others have each other verdict."""
    verdicts = Counter(drill["verdict"] for drill in drills)
    others = [f"{verdicts[name]} {name}" for name in NOT_PASSED if verdicts[name]]
    return ", ".join([f"{verdicts[Verdict.PASSED]}/{len(drills)} passed", *others])


def explained(causes: Iterable[CauseRow]) -> list[str]:
    """The causes of a drill or a check, in lines: name and symptom, evidence, remedy."""
    return [line for cause in causes for line in str(Cause(**cause)).splitlines()]


def failure(drill: DrillRow) -> list[str]:
    """A line each for what did not hold, for the cause, for what to do, and for the folder with the details."""
    lines = [f"{drill['node']} ({drill['role']}), {drill['fault']}: {drill['cause']}", *remedy(drill)]
    return [*lines, f"evidence: {drill['folder']}"] if drill["folder"] else lines


def remedy(drill: DrillRow) -> list[str]:
    """Two lines: the cause that explains most, and what to do about it. None where no cause is known."""
    for cause in drill["causes"][:1]:
        return [f"cause: {cause['name']}: {cause['symptom']}", f"do: {cause['remedy']}"]
    return []


def explained_in_markdown(title: str, causes: Iterable[CauseRow]) -> list[str]:
    """What explained() returns, under a title; nothing where there are no causes."""
    lines = explained(causes)
    return ["", f"### {title}", "", "```", *lines, "```"] if lines else []


def distribution(drills: Iterable[DrillRow]) -> list[str]:
    """For drills that were run more than once: min, median, p95 and max of their outages."""
    lines = []
    for key, rows in by_key(drills).items():
        outages = [row["outage_s"] for row in rows if row["outage_s"] is not None]
        if len(rows) > 1 and outages:
            passed = sum(row["verdict"] == Verdict.PASSED for row in rows)
            p95 = statistics.quantiles(outages, n=20, method="inclusive")[-1] if len(outages) > 1 else outages[0]
            lines.append(
                f"  {key}: {passed}/{len(rows)} passed, outage min {min(outages):.2f}"
                f" median {statistics.median(outages):.2f} p95 {p95:.2f} max {max(outages):.2f} s"
            )
    return lines


def markdown(drills: Sequence[DrillRow]) -> list[str]:
    """The same table in Markdown."""
    if not drills:
        return []
    lines = [
        "",
        "## Drills",
        "",
        f"| {' | '.join(name.lower() for name in HEAD)} | phases | cause |",
        "|---" * 11 + "|",
    ]
    for drill in drills:
        phases = ", ".join(f"{name} {seconds:.1f}" for name, seconds in drill["phases"].items())
        cause = "; ".join(filter(None, [drill["cause"], *drill.get("notes", ())]))
        cells = (*_cells(drill), _verdict(drill), phases, cause.replace("|", "\\|").replace("\n", " "))
        lines.append(f"| {' | '.join(cells)} |")
    for drill in drills:
        lines += explained_in_markdown(f"{label_of(drill)} {drill['fault']} on {drill['node']}", drill["causes"])
    return lines


def label_of(drill: DrillRow) -> str:
    """How the cluster of a drill is called."""
    return label(drill["service"], drill.get("cluster", ""))


def by_key(drills: Iterable[DrillRow]) -> dict[str, list[DrillRow]]:
    """Drills by `service/role/fault`, whichever host they were on."""
    kinds: dict[str, list[DrillRow]] = {}
    for drill in drills:
        kinds.setdefault(f"{label_of(drill)}/{drill['role'] or '-'}/{drill['fault']}", []).append(drill)
    return kinds


def _cells(drill: DrillRow) -> tuple[str, ...]:
    def number(value: float | None, places: int = 0) -> str:
        return "-" if value is None else f"{value:.{places}f}"

    measured = f"{number(drill['outage_s'], 2)} / {number(drill['budget_s'], 1)} s"
    counts = map(number, (drill["lost"], drill["unknown"], drill["acknowledged"]))
    service = f"{drill['round']} {label_of(drill)}" if drill["round"] else label_of(drill)
    return (service, drill["node"] or "-", drill["role"] or "-", drill["fault"], measured, *counts)


def _row(drill: DrillRow, screen: Screen) -> list[str | Text]:
    return [*_cells(drill), screen.text(_verdict(drill), STYLES.get(drill["verdict"], NOT_JUDGED))]


def _verdict(drill: DrillRow) -> str:
    return drill["verdict"] if drill["verdict"] == Verdict.PASSED else drill["verdict"].upper()
