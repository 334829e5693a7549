"""A drill as a picture: clients as strips, each member's role as a lane, the phases, the budget."""

from collections.abc import Callable, Iterator
from html import escape
from typing import TYPE_CHECKING

from hadrill.workload import FAIL, OK, UNKNOWN

if TYPE_CHECKING:
    from hadrill.drill.drill import Drill

WIDTH, LEFT, ROW, TOP, FOOT = 1000, 190, 22, 48, 60
COLOURS = {OK: "#2a9d4a", FAIL: "#d1383d", UNKNOWN: "#e39b1f"}
LEADS, FOLLOWS, SILENT = "#2f6fde", "#a9c6f5", "#dddddd"
FAULT, HEAL, BUDGET, PHASE, GREY = "#d1383d", "#2a9d4a", "#888888", "#7a3fb5", "#555555"
BEFORE_SECONDS = 2.0
LABELLED = 40
"""A box that is narrower has no room for its name."""

Scale = Callable[[float], float]


def picture(drill: "Drill") -> str:
    """The whole drill as SVG. Seconds count from the fault."""
    start, end = drill.moments["inject"] - BEFORE_SECONDS, drill.moments["converged"]
    per_second = (WIDTH - LEFT - 20) / max(1.0, end - start)

    def x(moment: float) -> float:
        return round(LEFT + (min(max(moment, start), end) - start) * per_second, 1)

    rows = len(drill.workload.lanes) + len(drill.observer.spans)
    bottom = TOP + ROW * rows
    head = f'xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom + FOOT}"'
    parts = [
        f'<svg {head} font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{bottom + FOOT}" fill="white"/>',
        *_title(drill),
        *_clients(drill, x, start, end),
        *_members(drill, x, start, end),
        *_marks(drill, x, bottom),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(x: float, y: float, text: str, colour: str = "black", size: int = 12) -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}">{escape(text)}</text>'


def _box(x: float, y: float, width: float, colour: str, title: str = "") -> str:
    inside = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect x="{x}" y="{y + 3}" width="{width:.1f}" height="{ROW - 8}" fill="{colour}">{inside}</rect>'


def _title(drill: "Drill") -> Iterator[str]:
    result = drill.result
    yield _text(10, 20, f"{result.service} {result.fault} on {result.node} ({result.role}): {result.verdict}", size=15)
    counts = f"lost {result.lost}, unknown {result.unknown}, acknowledged {result.acknowledged}"
    yield _text(10, 37, f"outage {result.outage_s} s, budget {result.budget_s} s, {counts}", GREY)


def _clients(drill: "Drill", x: Scale, start: float, end: float) -> Iterator[str]:
    for number, lane in enumerate(drill.workload.lanes):
        y = TOP + ROW * number
        yield _text(10, y + 14, lane.name)
        for each in drill.workload.history.operations(lane.name):
            if start <= each.end <= end:
                yield _box(x(each.end), y, 1.5, COLOURS[each.outcome])


def _members(drill: "Drill", x: Scale, start: float, end: float) -> Iterator[str]:
    for number, (name, spans) in enumerate(drill.observer.spans.items(), start=len(drill.workload.lanes)):
        y = TOP + ROW * number
        yield _text(10, y + 14, name)
        for span, until in zip(spans, [*(each.start for each in spans[1:]), end], strict=True):
            if until < start or span.start > end:
                continue
            width = max(1.0, x(until) - x(span.start))
            colour = LEADS if span.leads else SILENT if span.role == "silent" else FOLLOWS
            yield _box(x(span.start), y, width, colour, span.role)
            if width > LABELLED:
                yield _text(x(span.start) + 4, y + 14, span.role, "white" if span.leads else "#333333", 10)


def _marks(drill: "Drill", x: Scale, bottom: int) -> Iterator[str]:
    zero, end, budget = drill.moments["inject"], drill.moments["converged"], drill.result.budget_s
    marks = [(zero, "fault", FAULT), (drill.moments["heal"], "heal", HEAL)]
    marks += [(zero + seconds, phase, PHASE) for phase, seconds in drill.result.phases.items()]
    if budget is not None and zero + budget <= end:
        marks.append((zero + budget, "budget", BUDGET))
    for number, (moment, text, colour) in enumerate(sorted(marks)):
        line = f'x1="{x(moment)}" y1="{TOP - 4}" x2="{x(moment)}" y2="{bottom}"'
        yield f'<line {line} stroke="{colour}" stroke-dasharray="3 2"/>'
        yield _text(x(moment) + 2, bottom + 12 + 13 * (number % 3), f"{text} {moment - zero:.1f}", colour, 11)
