"""Lines about a running drill, on a terminal and in a file."""

import io
import os
import pty
import struct
import termios
from collections.abc import Iterator
from fcntl import ioctl
from typing import TextIO

import pytest

from hadrill.report.screen import Lines

COLUMNS = 40


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, TextIO]]:
    """A terminal of 40 columns: the end that shows, and the stream that is written to."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    shows, writes = pty.openpty()
    attributes = termios.tcgetattr(writes)
    attributes[1] &= ~termios.OPOST  # what is written arrives as it is
    termios.tcsetattr(writes, termios.TCSANOW, attributes)
    ioctl(writes, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    with open(writes, "w", encoding="utf-8") as stream:  # noqa: PTH123 - it has no path
        yield shows, stream
    os.close(shows)


def shown(terminal: tuple[int, TextIO]) -> str:
    """What the terminal has been sent: read until a mark, as it may come in pieces."""
    shows, stream = terminal
    stream.write("\0")
    stream.flush()
    text = b""
    while not text.endswith(b"\0"):
        text += os.read(shows, 4096)
    return text.removesuffix(b"\0").decode()


def test_a_live_line_is_replaced_and_fills_its_row(terminal: tuple[int, TextIO]) -> None:
    lines = Lines(terminal[1])
    lines.live("redis master: " + "long " * 20)
    lines.live("redis: 3 failing")
    lines.line("redis: passed")
    first, second, last = shown(terminal).removeprefix("\r").split("\r")
    assert first == ("redis master: " + "long " * 20)[: COLUMNS - 2] + "\u2026"
    assert second == "redis: \x1b[1;31m3 failing\x1b[0m" + " " * (COLUMNS - 1 - len("redis: 3 failing"))
    assert last == "redis: \x1b[32mpassed\x1b[0m" + " " * (COLUMNS - 1 - len("redis: passed")) + "\n"


def test_no_colour_where_the_user_wants_none(terminal: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    Lines(terminal[1]).line("redis: failed")
    assert shown(terminal).rstrip() == "\rredis: failed"


def test_several_lines_begin_below_the_row(terminal: tuple[int, TextIO]) -> None:
    Lines(terminal[1]).line("one\ntwo")
    assert shown(terminal) == "\none\ntwo\n"


def test_a_file_gets_no_live_line_and_what_its_encoding_can_hold() -> None:
    kept = io.BytesIO()
    lines = Lines(io.TextIOWrapper(kept, "ascii"))
    lines.live("0.5 s")
    lines.line("redis-03: \u2713 passed")
    assert kept.getvalue() == b"redis-03: \\u2713 passed\n"
