"""A drill as a picture: clients as strips, each member's role as a lane, the phases, the budget."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from hadrill.workload import FAIL, OK

if TYPE_CHECKING:
    from hadrill.drill.drill import Drill

WIDTH, LEFT, ROW, TOP = 1000, 190, 22, 48
COLOURS = {OK: "#2a9d4a", FAIL: "#d1383d", "unknown": "#e39b1f"}
LEADS, FOLLOWS, SILENT = "#2f6fde", "#a9c6f5", "#dddddd"
BEFORE_SECONDS = 2.0


def picture(drill: "Drill") -> str:
    """The whole drill as SVG. Seconds count from the fault."""
    zero, end = drill.moments["inject"], drill.moments["converged"]
    start = zero - BEFORE_SECONDS
    scale = (WIDTH - LEFT - 20) / max(1.0, end - start)

    def x(moment: float) -> float:
        return round(LEFT + (min(max(moment, start), end) - start) * scale, 1)

    lanes, members = list(drill.workload.lanes), list(drill.observer.spans)
    height = TOP + ROW * (len(lanes) + len(members)) + 60
    result = drill.result
    title = f"{result.service} {result.fault} on {result.node} ({result.role}): {result.verdict}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/><text x="10" y="20" font-size="15">{escape(title)}</text>',
        (
            f'<text x="10" y="37" fill="#555">outage {result.outage_s} s, budget {result.budget_s} s, lost {result.lost},'
            f" unknown {result.unknown}, acknowledged {result.acknowledged}</text>"
        ),
    ]
    y = TOP
    for lane in lanes:
        parts.append(f'<text x="10" y="{y + 14}">{escape(lane.name)}</text>')
        for each in drill.workload.history.operations(lane.name):
            if start <= each.end <= end:
                parts.append(
                    f'<rect x="{x(each.end)}" y="{y + 3}" width="1.5" height="{ROW - 8}" fill="{COLOURS[each.outcome]}"/>'
                )
        y += ROW
    for name in members:
        parts.append(f'<text x="10" y="{y + 14}">{escape(name)}</text>')
        spans = drill.observer.spans[name]
        for number, span in enumerate(spans):
            until = spans[number + 1].start if number + 1 < len(spans) else end
            if until < start or span.start > end:
                continue
            colour = LEADS if span.leads else SILENT if span.role == "silent" else FOLLOWS
            width = max(1.0, x(until) - x(span.start))
            parts.append(
                f'<rect x="{x(span.start)}" y="{y + 3}" width="{width:.1f}" height="{ROW - 8}" fill="{colour}"><title>{escape(span.role)}</title></rect>'
            )
            if width > 40:
                ink = "white" if span.leads else "#333"
                parts.append(
                    f'<text x="{x(span.start) + 4}" y="{y + 14}" fill="{ink}" font-size="10">{escape(span.role)}</text>'
                )
        y += ROW
    parts += _marks(drill, x, y, zero, end)
    return "\n".join([*parts, "</svg>", ""])


def _marks(drill: "Drill", x: "object", bottom: int, zero: float, end: float) -> Iterator[str]:
    assert callable(x)  # noqa: S101 - a closure of picture()
    marks = [(zero, "fault", "#d1383d"), (drill.moments["heal"], "heal", "#2a9d4a")]
    if drill.result.budget_s is not None and zero + drill.result.budget_s <= end:
        marks.append((zero + drill.result.budget_s, "budget", "#888888"))
    marks += [(zero + seconds, phase, "#7a3fb5") for phase, seconds in drill.result.phases.items()]
    for number, (moment, text, colour) in enumerate(sorted(marks)):
        yield f'<line x1="{x(moment)}" y1="{TOP - 4}" x2="{x(moment)}" y2="{bottom}" stroke="{colour}" stroke-dasharray="3 2"/>'
        yield f'<text x="{x(moment) + 2}" y="{bottom + 12 + 13 * (number % 3)}" fill="{colour}" font-size="11">{text} {moment - zero:.1f}</text>'
