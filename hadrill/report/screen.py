"""What people read, laid out by rich: plain without a terminal, ASCII without UTF-8, colourless under NO_COLOR."""

import io
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

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
        return [line.rstrip() for line in self.drawn(*renderables).splitlines()]

    def drawn(self, *renderables: RenderableType) -> str:
        """What rich draws, without a line's end after it."""
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
        return captured.get().removesuffix("\n")


def screen_of(stream: TextIO) -> Screen:
    """What lines for a stream may have."""
    console = Console(file=stream)
    return Screen(console.is_terminal and not console.no_color and not console.is_dumb_terminal, console.encoding)


def standard_output() -> Screen:
    """The screen of this process."""
    return screen_of(sys.stdout)


class Lines:
    """Lines on a stream. On a terminal a line takes the place of what the row holds; a live one, of the line before."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._screen = stream, screen_of(stream)

    @property
    def terminal(self) -> bool:
        """Whether a row can be written again."""
        return self._stream.isatty()

    def live(self, text: str) -> None:
        """A line that the next one replaces, as long as fits in a row; without a terminal there is none."""
        if self.terminal:
            line = self._styled(text)
            line.truncate(self._width, overflow="ellipsis" if self._screen.encoding == "utf-8" else "crop", pad=True)
            self._write("\r", line, "")

    def line(self, text: str) -> None:
        """A line, or several, that stay."""
        line = self._styled(text)
        if not self.terminal:
            self._write("", line, "\n")
        elif "\n" in text:
            self._write("\n", line, "\n")
        else:
            line.pad_right(max(0, self._width - line.cell_len))
            self._write("\r", line, "\n")

    @property
    def _width(self) -> int:
        # The last column stays free: many terminals begin a new row when it is written.
        return os.get_terminal_size(self._stream.fileno()).columns - 1

    def _write(self, begin: str, line: Text, end: str) -> None:
        self._stream.write(begin + self._screen.drawn(line) + end)
        self._stream.flush()

    def _styled(self, text: str) -> Text:
        line = self._screen.text(text)
        line.highlight_regex(r"\b[1-9]\d* failing\b|\bfailed\b", "bold red")
        line.highlight_regex(r"\bpassed\b", "green")
        return line
