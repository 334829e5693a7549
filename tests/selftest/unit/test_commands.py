"""Commands that run beside the tests: what they said is shown to whom listens, and a failure ends them."""

import pytest

from tests.selftest import commands
from tests.selftest.commands import Commands


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A program of the project that says what it is given, and ends with it."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "say").write_text('#!/bin/sh\necho "$1 $WHERE"; exit "${2:-0}"\n')
    (folder / "hang").write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    for name in ("say", "hang"):
        (folder / name).chmod(0o755)
    monkeypatch.setattr(commands, "BIN", folder)


def test_all_that_was_said_is_shown_in_its_order() -> None:
    both, shown = Commands(("say", "one"), ("say", "two")), list[str]()
    assert both.listen(shown.append) == "\n$ say one\none \n\n$ say two\ntwo \n" == "".join(shown)
    assert both.status == 0


def test_after_a_failure_nothing_more_is_begun() -> None:
    both = Commands(("say", "one", "3"), ("say", "two"))
    assert both.listen(str) == "\n$ say one 3\none \n"
    assert both.status == 3


def test_the_environment_is_that_of_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERE", "before")
    both = Commands(("say", "one"), ("say", "two"))
    monkeypatch.setenv("WHERE", "after")
    assert "after" not in both.listen(str)


def test_what_nobody_listens_to_is_ended() -> None:
    both = Commands(("hang",), ("say", "two"))
    both.end()
    assert "two" not in both.listen(str)
