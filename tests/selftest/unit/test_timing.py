"""Waiting: a condition is asked often, and a wait that ends in vain says for what and why."""

import time

import pytest

from hadrill.timing import Deadline, OverdueError, eventually


def test_a_condition_that_comes_true_ends_the_wait() -> None:
    answers = iter(["not yet", "not yet", None])
    eventually("three asks", lambda: next(answers), Deadline(5))


def test_a_wait_in_vain_names_what_was_seen_last() -> None:
    with pytest.raises(OverdueError, match=r"waited 0\.\d s for the moon; last seen: only clouds"):
        eventually("the moon", lambda: "only clouds", Deadline(0.1))


def test_a_condition_is_asked_at_least_once() -> None:
    eventually("now", lambda: None, Deadline(0))


def test_a_wall_clock_that_jumps_does_not_move_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    deadline = Deadline(60)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert 59 < deadline.left <= 60
