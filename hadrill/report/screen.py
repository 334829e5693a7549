"""What people read, laid out by rich: plain without a terminal, ASCII without UTF-8, colourless under NO_COLOR."""

import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

WIDE = 10_000
"""Rows are not cut or broken here: a terminal wraps them, a file keeps them whole."""


@dataclass(frozen=True)
class Screen:
    """What lines are made for: whether it has colours, and which characters it can show."""

    colour: bool = False
    encoding: str = "ascii"

    def text(self, text: str, style: str = "") -> Text:
        """A text as far as the screen can show it; what it cannot is written as a backslash and a number."""
        return Text(text.encode(self.encoding, "backslashreplace").decode(self.encoding), style)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> list[str]:
        """Left-aligned columns, two blanks apart. A cell that is a Text was made by this screen."""
        made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for name in header:
            made.add_column(name, no_wrap=True)
        for row in rows:
            made.add_row(*(self.text(cell) if isinstance(cell, str) else cell for cell in row))
        return self.lines(made)

    def lines(self, *renderables: RenderableType) -> list[str]:
        """What rich draws, as lines without blanks at their ends."""
        out = Console(
            file=io.StringIO(),
            width=WIDE,
            force_terminal=self.colour,
            color_system="standard" if self.colour else None,
            highlight=False,
            _environ={},  # whether there are colours was decided by whoever knows the screen
        )
        with out.capture() as captured:
            out.print(*renderables, sep="\n")
        return [line.rstrip() for line in captured.get().splitlines()]


def standard_output() -> Screen:
    """The screen of this process."""
    console = Console(file=sys.stdout)
    return Screen(console.is_terminal and not console.no_color and not console.is_dumb_terminal, console.encoding)
