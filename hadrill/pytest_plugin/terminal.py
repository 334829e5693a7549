"""Lines on the user's terminal while a test runs, past pytest's capturing."""

import os
import shutil
from collections.abc import Callable

import pytest

# This module is imported before pytest puts its own file in place of standard output.
_OUTPUT = os.dup(1)


def line_writer(config: pytest.Config) -> Callable[[str], None]:
    """What takes a drill's lines. Where there is no terminal, the one that is rewritten all the time is left out.

    A worker of xdist has no output of its own: its lines go nowhere.
    """
    if hasattr(config, "workerinput"):
        return lambda _: None
    terminal = os.isatty(_OUTPUT)
    width = shutil.get_terminal_size().columns - 1
    reporter = config.pluginmanager.getplugin("terminalreporter")
    ended = 0  # the width at which pytest's line was ended for it

    def amid() -> bool:
        """Whether pytest is in the middle of a line, a file's name or letters: it is ended, and begun anew after us."""
        nonlocal ended
        if reporter is None:
            return False
        width = config.get_terminal_writer().width_of_current_line
        found = reporter.currentfspath is not None or width not in (0, ended)
        reporter.currentfspath, ended = None, width
        return found

    def say(text: str) -> None:
        rewritten = text.startswith("\r")
        if terminal:
            line = text.lstrip("\r")
            text = "\r" + line[:width].ljust(width) + ("" if rewritten else "\n") if "\n" not in line else f"\n{line}\n"
        elif rewritten:
            return
        else:
            text = "\n" * amid() + f"{text}\n"
        os.write(_OUTPUT, text.encode("ascii", "backslashreplace"))

    return say
