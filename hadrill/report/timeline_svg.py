"""A drill as a picture: clients as strips, each member's role as boxes in a row, and marks with their seconds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, ROW, TOP, FOOT = 1000, 190, 22, 48, 60
COLOURS = {"ok": "#2a9d4a", "fail": "#d1383d", "unknown": "#e39b1f"}
LEADS, FOLLOWS, SILENT, GREY, INK = "#2f6fde", "#a9c6f5", "#dddddd", "#555555", "#333333"
LABELLED = 40
"""A box that is narrower has no room for its name."""

Scale = Callable[[float], float]


@dataclass(frozen=True)
class Box:
    """A member was in a role from one moment to another."""

    start: float
    end: float
    role: str
    leads: bool


@dataclass(frozen=True)
class Mark:
    """A moment with a name and a colour."""

    at: float
    name: str
    colour: str


@dataclass(frozen=True)
class Picture:
    """What is drawn. Times are monotonic; seconds are written as counted from `zero`."""

    title: str
    subtitle: str
    start: float
    zero: float
    end: float
    strips: Mapping[str, Sequence[tuple[float, str]]]
    members: Mapping[str, Sequence[Box]]
    marks: Sequence[Mark]


def draw(picture: Picture) -> str:
    """The picture as SVG."""
    per_second = (WIDTH - LEFT - 20) / max(1.0, picture.end - picture.start)

    def x(moment: float) -> float:
        return round(LEFT + (min(max(moment, picture.start), picture.end) - picture.start) * per_second, 1)

    bottom = TOP + ROW * (len(picture.strips) + len(picture.members))
    head = f'xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom + FOOT}"'
    parts = [
        f'<svg {head} font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{bottom + FOOT}" fill="white"/>',
        _text(10, 20, picture.title, size=15),
        _text(10, 37, picture.subtitle, GREY),
        *_strips(picture, x),
        *_members(picture, x),
        *_marks(picture, x, bottom),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(x: float, y: float, text: str, colour: str = "black", size: int = 12) -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}">{escape(text)}</text>'


def _box(x: float, y: float, width: float, colour: str, title: str = "") -> str:
    inside = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect x="{x}" y="{y + 3}" width="{width:.1f}" height="{ROW - 8}" fill="{colour}">{inside}</rect>'


def _strips(picture: Picture, x: Scale) -> Iterator[str]:
    for number, (name, operations) in enumerate(picture.strips.items()):
        y = TOP + ROW * number
        yield _text(10, y + 14, name)
        for moment, outcome in operations:
            if picture.start <= moment <= picture.end:
                yield _box(x(moment), y, 1.5, COLOURS[outcome])


def _members(picture: Picture, x: Scale) -> Iterator[str]:
    for number, (name, boxes) in enumerate(picture.members.items(), start=len(picture.strips)):
        y = TOP + ROW * number
        yield _text(10, y + 14, name)
        for box in boxes:
            if box.end < picture.start or box.start > picture.end:
                continue
            width = max(1.0, x(box.end) - x(box.start))
            colour = LEADS if box.leads else SILENT if box.role == "silent" else FOLLOWS
            yield _box(x(box.start), y, width, colour, box.role)
            if width > LABELLED:
                yield _text(x(box.start) + 4, y + 14, box.role, "white" if box.leads else INK, 10)


def _marks(picture: Picture, x: Scale, bottom: int) -> Iterator[str]:
    for number, mark in enumerate(sorted(picture.marks, key=lambda mark: mark.at)):
        line = f'x1="{x(mark.at)}" y1="{TOP - 4}" x2="{x(mark.at)}" y2="{bottom}"'
        yield f'<line {line} stroke="{mark.colour}" stroke-dasharray="3 2"/>'
        yield _text(
            x(mark.at) + 2,
            bottom + 12 + 13 * (number % 3),
            f"{mark.name} {mark.at - picture.zero:.1f}",
            mark.colour,
            11,
        )
