"""Text for a host's shell: values are arguments, and nobody pastes them in."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadrill.remote import shell

ROOT = Path(__file__).parents[3]
AWKWARD = 'a\'b "c" $(d) `e` \\n\n* ;'


def test_values_reach_a_command_and_a_script_whole() -> None:
    for text in (shell.command("printf", "%s|", AWKWARD, 2), shell.script('printf "%s|" "$@"', AWKWARD, 2)):
        done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True)
        assert done.stdout == f"{AWKWARD}|2|"


@pytest.mark.parametrize("program", ["echo out; echo err >&2; exit 3", "\necho out\necho err >&2\nexit 3"])
def test_output_begins_after_the_mark_on_both_streams(program: str) -> None:
    mark = shell.new_mark()
    noise = "echo noise; echo noise >&2; "
    done = subprocess.run(["sh", "-c", noise + shell.marked(program, mark)], capture_output=True, check=False)
    assert done.returncode == 3
    assert shell.around(mark, done.stdout) == (b"noise\n", b"out\n")
    assert shell.around(mark, done.stderr) == (b"noise\n", b"err\n")
    assert shell.around(shell.new_mark(), done.stdout)[1] is None


def pasted(file: Path) -> Iterator[str]:
    """Values that a file pastes into what it has a host run: all but constants and what shell.py made."""
    for call in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if (
            call.func.attr not in ("run", "attempt")
            or len(call.args) < 2
            or not isinstance(call.args[1], ast.JoinedStr)
        ):
            continue
        for part in call.args[1].values:
            if isinstance(part, ast.FormattedValue):
                value = ast.unparse(part.value)
                if not value.isupper() and not value.startswith("shell."):
                    yield f"{file.relative_to(ROOT)}:{part.lineno}: {value}"


PROGRAMS = {
    "hadrill/safety/on_target.py": {"program", "armed"},
    "install/base.py": {"command", "keep"},
    "install/kubernetes/module.py": {"kubectl", "verb"},
}
"""What is no value but a program itself: a fault's, and those that stand in the same file."""


def test_no_value_is_pasted_into_a_command() -> None:
    files = [file for folder in ("hadrill", "install") for file in sorted((ROOT / folder).rglob("*.py"))]
    lines = [line for file in files for line in pasted(file)]
    known = [f"{file}:{name}" for file, names in PROGRAMS.items() for name in names]
    wrong = [line for line in lines if f"{line.split(':')[0]}:{line.split(': ')[1]}" not in known]
    assert wrong == []
    assert lines, "nothing was looked at"
