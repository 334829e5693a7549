"""The page of a chaos run: one file that loads nothing; verdict first, then what got worse, then everything else."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hadrill.report.drills import explained, label_of
from hadrill.report.regression import Regression
from hadrill.report.rows import DrillRow
from hadrill.report.verdict import Verdict

TEMPLATE = Path(__file__).parent / "chaos.html.j2"
BAD = (Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.ERROR)
AT_ONCE = 200
"""Rows of the table that are shown before somebody asks for more: a night has thousands."""
WIDTH = 1000
"""Of a service's row of bars, in its own units; a bar is at least NARROWEST of them wide, or nobody sees it."""
NARROWEST = 1.5


@dataclass(frozen=True)
class Bar:
    """A round as a bar: where it begins and how long it is, in parts of WIDTH."""

    row: DrillRow
    left: float
    width: float
    title: str

    @property
    def bad(self) -> bool:
        """Whether the round is listed among the failures."""
        return self.row["verdict"] in BAD


@dataclass(frozen=True)
class Spread:
    """Outages of a service beside its budgets, in percent of each round's own budget; seconds beside them."""

    service: str
    percents: tuple[float, ...]
    median_s: float
    worst_s: float
    worst_percent: float


def write_chaos_page(
    folder: Path, rows: Sequence[DrillRow], worse: Sequence[Regression], environment: dict[str, str], seconds: float
) -> Path:
    """Write chaos.html into a run's folder. Rows are results in the form in which summary.json holds them."""
    import jinja2  # every run's report imports this module, and few write its page

    page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    counts = Counter(row["verdict"] for row in rows)
    text = page.from_string(TEMPLATE.read_text("utf-8")).render(
        verdict=verdict(counts),
        counts=counts,
        rows=sorted(rows, key=lambda row: row["began"]),
        bad=[(row, "\n".join(explained(row["causes"]))) for row in rows if row["verdict"] in BAD],
        worse=worse,
        bars_by_service=_bars_by_service(rows),
        hours=_hours(rows),
        spreads=_spreads(rows),
        environment=environment,
        minutes=seconds / 60,
        faults=sum(row.get("faults", 0) for row in rows),
        lost=sum(row["lost"] or 0 for row in rows),
        schedule=folder / "schedule.json",
        at_once=AT_ONCE,
    )
    file = folder / "chaos.html"
    file.write_text(text, "utf-8")
    return file


def verdict(counts: Counter[str]) -> str:
    """The verdict of the whole run. A run with rounds that could not be judged has not passed."""
    for worst in (Verdict.FAILED, Verdict.ERROR):
        if counts[worst]:
            return worst
    green = counts[Verdict.PASSED] and not counts[Verdict.INCONCLUSIVE]
    return Verdict.PASSED if green else Verdict.INCONCLUSIVE


def _bars_by_service(rows: Sequence[DrillRow]) -> dict[str, list[Bar]]:
    """The bars of each service."""
    if not rows:
        return {}
    start, end = _span(rows)
    bars: dict[str, list[Bar]] = {}
    for row in rows:
        outage = "-" if row["outage_s"] is None else f"{row['outage_s']:.1f} s"
        what = f"round {row['round']}: {row['fault']} on {row['node'] or label_of(row)}"
        left, width = WIDTH * (row["began"] - start) / (end - start), WIDTH * row["wall_s"] / (end - start)
        bar = Bar(row, round(left, 1), round(max(width, NARROWEST), 1), f"{what}: {row['verdict']}, outage {outage}")
        bars.setdefault(label_of(row), []).append(bar)
    return bars


def _span(rows: Sequence[DrillRow]) -> tuple[float, float]:
    start = min(row["began"] for row in rows)
    return start, max(start + 1.0, *(row["began"] + row["wall_s"] for row in rows))


def _hours(rows: Sequence[DrillRow]) -> list[str]:
    """Five moments of the night, evenly apart."""
    if not rows:
        return []
    start, end = _span(rows)
    return [f"{datetime.fromtimestamp(start + (end - start) * part / 4).astimezone():%H:%M:%S}" for part in range(5)]


def _spreads(rows: Sequence[DrillRow]) -> list[Spread]:
    spreads = []
    for service in dict.fromkeys(map(label_of, rows)):
        measured = [
            (row["outage_s"], row["budget_s"])
            for row in rows
            if label_of(row) == service and row["outage_s"] is not None and row["budget_s"]
        ]
        if measured:
            percents = tuple(round(100 * outage / budget, 1) for outage, budget in measured)
            seconds = [outage for outage, _ in measured]
            spreads.append(Spread(service, percents, statistics.median(seconds), max(seconds), max(percents)))
    return spreads
