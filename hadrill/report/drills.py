"""Drills in reports: their table, and their distribution when repeated."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hadrill.diagnosis import Cause

Row = dict[str, Any]
NOT_PASSED = ("failed", "error", "inconclusive", "unavailable")
HEAD = ("SERVICE", "NODE", "ROLE", "FAULT", "OUTAGE / BUDGET", "LOST", "UNKNOWN", "ACKED", "VERDICT")


def table(drills: Sequence[Row]) -> list[str]:
    """One row a drill in plain ASCII, its phases below it, and below those what it did not pass for."""
    if not drills:
        return []
    rows = [_cells(row) for row in drills]
    widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD))]
    lines = ["  ".join(name.ljust(width) for name, width in zip(HEAD, widths, strict=True)).rstrip()]
    for drill, row in zip(drills, rows, strict=True):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if drill["phases"]:
            lines.append("    " + "  ".join(f"{name} {seconds:.1f}" for name, seconds in drill["phases"].items()))
        lines += [f"    {line}" for line in [drill["cause"], *drill["notes"]] if line]
        lines += [f"    {line}" for line in explained(drill)]
    what = "Rounds" if any(drill.get("round") for drill in drills) else "Failover drills"
    lines.append(f"{what}  {counted(drills)}")
    return [*lines, *distribution(drills)]


def counted(drills: Sequence[Row]) -> str:
    """How many passed, and what became of the others."""
    verdicts = Counter(drill["verdict"] for drill in drills)
    others = [
        f"{verdicts[name]} {name}" for name in ("error", "failed", "inconclusive", "unavailable") if verdicts[name]
    ]
    return ", ".join([f"{verdicts['passed']}/{len(drills)} passed", *others])


def explained(row: Row) -> list[str]:
    """The causes of a drill or a check: name and symptom, what shows it, what to do."""
    return [line for cause in row.get("causes", ()) for line in str(Cause(**cause)).splitlines()]


def explained_in_markdown(title: str, row: Row) -> list[str]:
    """The same under a title; nothing where there are none."""
    said = explained(row)
    return ["", f"### {title}", "", "```", *said, "```"] if said else []


def distribution(drills: Iterable[Row]) -> list[str]:
    """For drills that were run more than once: min, median, p95 and max of their outage."""
    lines = []
    for key, rows in by_key(drills).items():
        outages = sorted(row["outage_s"] for row in rows if row["outage_s"] is not None)
        if len(rows) > 1 and outages:
            passed = sum(row["verdict"] == "passed" for row in rows)
            middle, most = statistics.median(outages), percentile(outages, 95)
            lines.append(
                f"  {key}: {passed}/{len(rows)} passed, outage min {outages[0]:.2f} median {middle:.2f}"
                f" p95 {most:.2f} max {outages[-1]:.2f} s"
            )
    return lines


def markdown(drills: Sequence[Row]) -> list[str]:
    """The same table for people."""
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
        cause = "; ".join([drill["cause"], *drill["notes"]]).strip("; ").replace("|", "\\|").replace("\n", " ")
        lines.append(f"| {' | '.join(_cells(drill))} | {phases} | {cause} |")
    for drill in drills:
        lines += explained_in_markdown(f"{drill['service']} {drill['fault']} on {drill['node']}", drill)
    return lines


def by_key(drills: Iterable[Row]) -> dict[str, list[Row]]:
    """Drills of the same service, role and fault, whichever host it was."""
    found: dict[str, list[Row]] = {}
    for drill in drills:
        found.setdefault(f"{drill['service']}/{drill['role'] or '-'}/{drill['fault']}", []).append(drill)
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of the sorted values do not exceed."""
    return values[min(len(values) - 1, -(-len(values) * percent // 100) - 1)]


def _cells(drill: Row) -> tuple[str, ...]:
    def number(name: str, places: int = 0) -> str:
        value = drill[name]
        return "-" if value is None else f"{value:.{places}f}"

    measured = f"{number('outage_s', 2)} / {number('budget_s', 1)} s"
    counts: Iterator[str] = (number(name) for name in ("lost", "unknown", "acknowledged"))
    service = f"{drill['round']} {drill['service']}" if drill.get("round") else drill["service"]
    names = (service, drill["node"] or "-", drill["role"] or "-", drill["fault"])
    return (*names, measured, *counts, drill["verdict"].upper() if drill["verdict"] != "passed" else "passed")
