"""docs/architecture.md is true: its picture is made of imports, and what it names is there."""

import re
from pathlib import Path

from hadrill.drill.experiment import Experiment
from tools.rooms import HADRILL, picture

PAGE = (Path(__file__).parents[3] / "docs" / "architecture.md").read_text("utf-8")


def test_the_picture_is_the_one_that_the_imports_make() -> None:
    drawn = re.findall(r"^```mermaid$.*?^```$\n", PAGE, re.M | re.S)
    assert drawn == [picture()], "python -m tools.rooms prints it"
    assert picture().count("-->") > 15


def test_files_that_the_walk_names_are_there() -> None:
    files = set(re.findall(r"`([a-z_/]+\.py)`", PAGE))
    assert len(files) > 10
    assert [name for name in files if not (HADRILL / name).exists() and not (HADRILL.parent / name).exists()] == []


def test_the_walk_has_the_ten_steps_in_their_order() -> None:
    steps = re.findall(r"- \*\*(\d+) [a-z ]+\.\*\*", PAGE)
    assert steps == [str(number) for number in range(1, 11)]
    assert hasattr(Experiment, "_ten_steps")
