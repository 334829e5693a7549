"""The checkers of histories, on histories that were made up with a known violation in them, or none."""

from dataclasses import replace
from random import Random

import pytest

from hadrill.workload import FAIL, OK, UNKNOWN, Client, Lane, Operation, Outcome, WentBackError
from hadrill.workload.invariants import SLACK_SECONDS, failures_noticed, late, split_brain, went_back
from tests.selftest.unit.properties import given, st


def _never() -> Client:
    raise NotImplementedError


LANES = (Lane("write", "new", 1, _never, lambda _: False), Lane("read", "new", 1, _never, lambda _: False))
OUTCOMES = st.sampled_from((OK, FAIL, UNKNOWN))
STEPS = st.lists(st.tuples(st.floats(0.001, 1.0), st.integers(0, 3)), min_size=2, max_size=40)


@given(st.lists(st.tuples(st.floats(0.0, 10.0), OUTCOMES), max_size=30))
def test_an_operation_after_its_deadline_is_always_seen(drawn: list[tuple[float, Outcome]]) -> None:
    made = [Operation(str(n), LANES[0].name, 0.0, taken, outcome) for n, (taken, outcome) in enumerate(drawn)]
    slow = sum(taken > 2 * LANES[0].seconds + SLACK_SECONDS for taken, _ in drawn)
    sentence = late(made, LANES)
    assert bool(sentence) == (slow > 0)
    assert sentence.startswith(f"{slow} operations ended after their deadline" if slow else "")


@given(st.lists(OUTCOMES, max_size=30))
def test_a_failure_where_nothing_was_broken_is_always_seen(outcomes: list[Outcome]) -> None:
    sentence = failures_noticed(
        Operation(str(n), "read", 0.0, 0.1, outcome, error="why") for n, outcome in enumerate(outcomes)
    )
    assert bool(sentence) == (not outcomes or set(outcomes) != {OK})


def writes(*servers: str) -> list[Operation]:
    return [Operation(str(n), "write new 1", n, n + 0.5, OK, server) for n, server in enumerate(servers)]


def test_two_that_take_writes_in_turn_are_a_split_brain() -> None:
    sentence = split_brain(writes("a", "b", "a", "b", "a", "b"))
    assert sentence == "split brain: a and b both acknowledged writes for 3.0 s"


@pytest.mark.parametrize("servers", [("a", "a", "b", "b"), ("a", "b", "a"), ("a",)])
def test_one_after_the_other_is_none(servers: tuple[str, ...]) -> None:
    assert split_brain(writes(*servers)) == ""


def reads(drawn: list[tuple[float, int]], server: str = "a") -> list[Operation]:
    """Reads one after the other, of a number that rises."""
    made: list[Operation] = []
    moment, value = 0.0, 0
    for taken, more in drawn:
        value += more
        made.append(Operation(str(len(made)), LANES[1].name, moment, moment + taken, OK, server, value=value))
        moment += taken + 0.001
    return made


@given(STEPS, st.randoms())
def test_reads_of_what_only_rises_never_go_back(drawn: list[tuple[float, int]], chance: Random) -> None:
    made = reads(drawn)
    chance.shuffle(made)
    assert went_back(made) == ""


@given(STEPS, st.data())
def test_a_read_that_shows_less_than_one_before_it_is_always_seen(
    drawn: list[tuple[float, int]], data: st.DataObject
) -> None:
    made = reads(drawn)
    number = data.draw(st.integers(1, len(made) - 1))
    before = made[number - 1].value or 0
    made[number] = replace(made[number], value=before - 1, server="b")
    sentence = went_back(made)
    assert sentence.startswith("reads went back ")
    assert f"times: {before} was read, then {before - 1} (b after a)" in sentence
    assert went_back(made, lambda read: read.server) == ""


def test_reads_at_the_same_time_may_show_one_or_the_other() -> None:
    slow = Operation("1", LANES[1].name, 0.0, 1.0, OK, "a", value=5)
    quick = Operation("2", LANES[1].name, 0.5, 0.6, OK, "a", value=4)
    assert went_back([slow, quick]) == ""
    assert went_back([slow, replace(quick, start=1.1, end=1.2)]) != ""


@pytest.mark.parametrize("outcome", [FAIL, UNKNOWN])
def test_a_read_without_an_answer_shows_nothing(outcome: Outcome) -> None:
    one, two = reads([(0.1, 5), (0.1, 1)])
    assert went_back([one, replace(two, value=0, outcome=outcome)]) == ""


def test_an_acknowledged_object_that_is_not_there_is_seen() -> None:
    error = f"{WentBackError.__name__}: no object k1, which was acknowledged"
    gone = Operation("1", LANES[1].name, 0.0, 1.0, FAIL, error=error, failure=WentBackError.__name__)
    assert went_back([gone]) == f"reads went back 1 times: {error}"
