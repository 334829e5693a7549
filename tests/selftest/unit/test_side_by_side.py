"""Queues and rooms of the tests on the lab."""

from concurrent.futures import CancelledError, ThreadPoolExecutor
from threading import Event

import pytest

from tests.selftest.side_by_side import Room, WorkQueues

SECONDS = 5.0


@pytest.fixture
def queues() -> WorkQueues[str]:
    return WorkQueues()


def test_queues_go_side_by_side_and_work_in_a_queue_one_after_another(queues: WorkQueues[str]) -> None:
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

    queues.begin("redis", "first", first)
    queues.begin("redis", "second", second)
    queues.begin("minio", "other", other)
    assert [queues.result(name) for name in ("first", "second", "other")] == ["first", "after the first", "other"]
    queues.close()


def test_what_fails_fails_in_its_own_test_and_the_next_one_is_done(queues: WorkQueues[str]) -> None:
    def fails() -> str:
        raise AssertionError("not whole")

    queues.begin("redis", "first", fails)
    queues.begin("redis", "second", lambda: "done")
    assert queues.result("second") == "done"
    with pytest.raises(AssertionError, match="not whole"):
        queues.result("first")
    queues.close()


def test_what_was_not_begun_is_left_when_the_run_ends(queues: WorkQueues[str]) -> None:
    under_way, go_on, done = Event(), Event(), []

    def first() -> str:
        under_way.set()
        assert go_on.wait(SECONDS)
        done.append("first")
        return "first"

    def second() -> str:
        done.append("second")
        return "second"

    queues.begin("redis", "first", first)
    queues.begin("redis", "second", second)
    assert under_way.wait(SECONDS)
    with ThreadPoolExecutor(max_workers=1) as pool:
        closed = pool.submit(queues.close)
        with pytest.raises(CancelledError):
            queues.result("second")
        assert not closed.done()
        go_on.set()
        closed.result()
    assert done == ["first"]


def test_who_wants_to_be_alone_is_alone(queues: WorkQueues[str]) -> None:
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

    queues.begin("redis", "many", many)
    assert inside.wait(SECONDS)
    queues.begin("minio", "alone", alone)
    with room.entered(alone=False):
        leave.set()
        queues.result("many")
        assert seen == ["many"]
    assert queues.result("alone") == "alone"
    assert seen == ["many", "alone"]
    queues.close()
