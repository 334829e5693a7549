"""Text for people, laid out by rich: plain without a terminal, ASCII without UTF-8, without colours under NO_COLOR."""

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
    """What lines are shown on: whether it has colours, and which characters it can show."""

    colour: bool = False
    encoding: str = "ascii"

    def text(self, text: str, style: str = "") -> Text:
        """A text with a style. Characters that the screen cannot show are written as a backslash and a number."""
        return Text(text.encode(self.encoding, "backslashreplace").decode(self.encoding), style)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> list[str]:
        """The lines of a table: left-aligned columns, two blanks apart. A cell may be what text() returned."""
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
        """What rich draws, as one text without a line end at its end."""
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
    """The screen that a stream leads to."""
    console = Console(file=stream)
    return Screen(console.is_terminal and not console.no_color and not console.is_dumb_terminal, console.encoding)


def standard_output() -> Screen:
    """The screen that standard output leads to."""
    return screen_of(sys.stdout)


class Lines:
    """Writes lines to a stream. On a terminal a live line stays only until the next line is written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._screen = stream, screen_of(stream)

    @property
    def terminal(self) -> bool:
        """Whether the stream is a terminal, where a row can be written again."""
        return self._stream.isatty()

    def live(self, text: str) -> None:
        """Write a line that the next one replaces, cut to the terminal's width; without a terminal write nothing."""
        if self.terminal:
            line = self._styled(text)
            line.truncate(self._width, overflow="ellipsis" if self._screen.encoding == "utf-8" else "crop", pad=True)
            self._write("\r", line, "")

    def line(self, text: str) -> None:
        """Write a line, or several, that stay."""
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
