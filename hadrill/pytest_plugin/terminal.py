"""Writes lines to the user's terminal while a test runs, past pytest's capture of output."""

import os
import sys
from collections.abc import Callable

import pytest

# This module is imported before pytest puts its own file in place of standard output.
_OUTPUT = os.dup(1)
_ENCODING = getattr(sys.__stdout__, "encoding", None) or "ascii"


def line_writer(config: pytest.Config) -> Callable[[str], None]:
    """The function that prints a drill's lines; one that begins with a carriage return is replaced by the next.

    A worker of xdist has no output of its own: its lines are dropped.
    """
    if hasattr(config, "workerinput"):
        return lambda _: None
    from hadrill.report.screen import Lines

    # It has no path, and lives as long as this process.
    stream = open(_OUTPUT, "w", encoding=_ENCODING, closefd=False)  # noqa: SIM115 - written to until the end
    lines = Lines(stream)
    reporter = config.pluginmanager.getplugin("terminalreporter")
    ended = 0  # the width at which pytest's line was ended for it

    def amid() -> bool:
        """Whether pytest is in the middle of a line; then pytest is told to begin a new one after ours."""
        nonlocal ended
        if reporter is None:
            return False
        width = config.get_terminal_writer().width_of_current_line
        unended = reporter.currentfspath is not None or width not in (0, ended)
        reporter.currentfspath, ended = None, width
        return unended

    def say(text: str) -> None:
        if text.startswith("\r"):
            lines.live(text.removeprefix("\r"))
        else:
            lines.line("\n" * (not lines.terminal and amid()) + text)

    return say
