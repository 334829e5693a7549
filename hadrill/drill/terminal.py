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

    def say(text: str) -> None:
        rewritten = text.startswith("\r")
        if terminal:
            line = text.lstrip("\r")
            text = "\r" + line[:width].ljust(width) + ("" if rewritten else "\n") if "\n" not in line else f"\n{line}\n"
        elif rewritten:
            return
        else:
            # What pytest is in the middle of, a file's name and its letters, ends; it begins that anew after us.
            amid = reporter is not None and reporter.currentfspath is not None
            if amid:
                reporter.currentfspath = None
            text = "\n" * amid + f"{text}\n"
        os.write(_OUTPUT, text.encode("ascii", "backslashreplace"))

    return say
