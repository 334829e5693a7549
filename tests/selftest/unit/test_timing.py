"""Waiting: a condition is asked often, and a wait that ends in vain says for what and why."""

import math
import time

import click
import pytest

from hadrill.cli.drills import _pair
from hadrill.timing import MILLISECOND, Deadline, OverdueError, duration, eventually


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


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90.0),
        ("1.5m", 90.0),
        ("8h", 28800.0),
        ("30d", 2592000.0),
        ("1m30s", 90.0),
        ("1h0m0.5s", 3600.5),
        ("500ms", 0.5),
        ("1500us", 0.0015),
        ("1min 30s", 90.0),
        ("5min", 300.0),
        ("2w", 1209600.0),
        ("PT7.5S", 7.5),
        ("PT1M30S", 90.0),
        ("0s", 0.0),
        ("infinity", math.inf),
    ],
)
def test_durations_as_people_and_products_write_them(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("wrong", ["", "10", "m", "-1s", "1s-", "1.2.3s", "5 years", "PT", "1m30"])
def test_what_is_no_duration_is_refused_with_what_to_write(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"is no duration: write 90s, 10m, 8h, 30d or 1m30s"):
        duration(wrong)


def test_a_number_alone_has_the_unit_of_its_product_or_is_refused() -> None:
    assert (duration("250", MILLISECOND), duration("3s", MILLISECOND), duration("15", 1.0)) == (0.25, 3.0, 15.0)
    with pytest.raises(ValueError, match="no duration"):
        duration("1m30", MILLISECOND)


@pytest.mark.parametrize("value", ["1m30s", "2000ms", "2s", "30"])
def test_what_if_takes_times_as_people_write_them(value: str) -> None:
    assert _pair(f"ttl={value}", ("ttl",)) == ("ttl", value)


@pytest.mark.parametrize("value", ["2sm", "2mss", "soon", ""])
def test_what_if_refuses_what_is_no_time(value: str) -> None:
    with pytest.raises(click.ClickException, match="is no duration: write 90s"):
        _pair(f"ttl={value}", ("ttl",))
