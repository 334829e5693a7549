"""Lanes and rooms of the tests on the lab."""

from concurrent.futures import CancelledError, ThreadPoolExecutor
from threading import Event

import pytest

from tests.selftest.side_by_side import Lanes, Room

SECONDS = 5.0


@pytest.fixture
def lanes() -> Lanes[str]:
    return Lanes()


def test_lanes_go_side_by_side_and_work_in_a_lane_one_after_another(lanes: Lanes[str]) -> None:
    met, first_over = Event(), Event()

    def first() -> str:
        assert met.wait(SECONDS), "nobody worked beside it"
        first_over.set()
        return "first"

    def second() -> str:
        return "after the first" if first_over.is_set() else "beside the first"

    def other() -> str:
        met.set()
        return "other"

    lanes.begin("redis", "first", first)
    lanes.begin("redis", "second", second)
    lanes.begin("minio", "other", other)
    assert [lanes.result(name) for name in ("first", "second", "other")] == ["first", "after the first", "other"]
    lanes.close()


def test_what_fails_fails_in_its_own_test_and_the_next_one_is_done(lanes: Lanes[str]) -> None:
    def fails() -> str:
        raise AssertionError("not whole")

    lanes.begin("redis", "first", fails)
    lanes.begin("redis", "second", lambda: "done")
    assert lanes.result("second") == "done"
    with pytest.raises(AssertionError, match="not whole"):
        lanes.result("first")
    lanes.close()


def test_what_was_not_begun_is_left_when_the_run_ends(lanes: Lanes[str]) -> None:
    under_way, go_on, done = Event(), Event(), []

    def first() -> str:
        under_way.set()
        assert go_on.wait(SECONDS)
        done.append("first")
        return "first"

    def second() -> str:
        done.append("second")
        return "second"

    lanes.begin("redis", "first", first)
    lanes.begin("redis", "second", second)
    assert under_way.wait(SECONDS)
    with ThreadPoolExecutor(max_workers=1) as pool:
        closed = pool.submit(lanes.close)
        with pytest.raises(CancelledError):
            lanes.result("second")
        assert not closed.done()
        go_on.set()
        closed.result()
    assert done == ["first"]


def test_who_wants_to_be_alone_is_alone(lanes: Lanes[str]) -> None:
    room, inside, seen = Room(), Event(), []
    leave = Event()

    def many() -> str:
        with room.entered(alone=False):
            inside.set()
            assert leave.wait(SECONDS)
            seen.append("many")
        return "many"

    def alone() -> str:
        with room.entered(alone=True):
            seen.append("alone")
        return "alone"

    lanes.begin("redis", "many", many)
    assert inside.wait(SECONDS)
    lanes.begin("minio", "alone", alone)
    with room.entered(alone=False):
        leave.set()
        lanes.result("many")
        assert seen == ["many"]
    assert lanes.result("alone") == "alone"
    assert seen == ["many", "alone"]
    lanes.close()
