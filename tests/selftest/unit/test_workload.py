"""The meter: operations, outages, and what is known of each."""

import gc
import json
import math
import socket
import threading
import time
import weakref
from collections.abc import Callable

import pytest

from hadrill.timing import Deadline, eventually
from hadrill.workload import (
    FAIL,
    OK,
    UNKNOWN,
    Answer,
    History,
    Lane,
    Operation,
    Outcome,
    Workload,
    latencies,
    longest_outage,
)
from hadrill.workload.bug import OWN
from hadrill.workload.workload import DEFAULT_RATE, POOL

SLOW_SECONDS = 20.0
"""How long a busy computer may take for what a quiet one does at once."""


def ends(*moments: float, outcome: Outcome = OK) -> list[Operation]:
    return [Operation(f"k{moment}", "write new 1", moment - 0.01, moment, outcome) for moment in moments]


def test_an_outage_begins_with_the_last_success_before_the_fault() -> None:
    outage = longest_outage(ends(0.0, 0.9, 3.0, 3.1), start=1.0, end=4.0)
    assert (outage.start, outage.end, outage.over) == (0.9, 3.0, True)


def test_an_outage_that_begins_after_a_success_during_the_fault_is_found() -> None:
    assert longest_outage(ends(0.0, 1.1, 1.2, 6.2, 6.3), start=1.0, end=7.0).seconds == pytest.approx(5.0)


def test_an_outage_without_an_end_lasts_until_one_stops_looking() -> None:
    outage = longest_outage(ends(0.5, 1.0), start=1.0, end=9.0)
    assert (outage.seconds, outage.over) == (8.0, False)


def test_an_outage_after_the_time_in_question_does_not_count() -> None:
    assert longest_outage(ends(0.9, 1.1, 2.1, 9.0), start=1.0, end=2.0).seconds == pytest.approx(1.0)


def test_failures_are_no_successes() -> None:
    mixed = ends(0.9, 3.0) + ends(1.5, 2.0, outcome=FAIL) + ends(2.5, outcome=UNKNOWN)
    assert longest_outage(mixed, start=1.0, end=3.5).seconds == pytest.approx(2.1)


def test_latencies_are_of_successes_only() -> None:
    assert latencies(ends(1.0, outcome=FAIL)) == {}
    assert latencies(ends(1.0, 2.0)) == {"p50_ms": 10.0, "p99_ms": 10.0}


def test_connections_that_failed_are_gone_at_the_end() -> None:
    opened: list[weakref.ref[socket.socket]] = []

    def fail() -> Fake:
        error, connection = OSError("no"), socket.socket()
        opened.append(weakref.ref(connection))
        error.args = (error, connection)  # as psycopg's ConnectionTimeout does
        raise error

    gc.disable()
    try:
        with Workload("d", [Lane("write", "new", 1, fail, lambda _: True)]):
            eventually("some attempts", lambda: None if len(opened) > 2 else "too few", Deadline(SLOW_SECONDS))
        assert [reference for reference in opened if reference() is not None] == []
    finally:
        gc.enable()


class Fake:
    """A client that does what it is told."""

    def __init__(self, do: Callable[[], str]) -> None:
        self._do, self.aborted, self.closed = do, threading.Event(), False

    def write(self, _: str) -> Answer:
        return Answer(self._do())

    def read(self) -> Answer:
        return Answer(self._do())

    def abort(self) -> None:
        self.aborted.set()

    def close(self) -> None:
        self.closed = True


def until(number: int, load: Workload) -> None:
    """Wait for operations."""

    def too_few() -> str | None:
        made = len(load.history.operations())
        return None if made >= number else f"{made} so far"

    eventually(f"{number} operations", too_few, Deadline(SLOW_SECONDS))


def both(do: Callable[[], str], refused: bool = False) -> list[Lane]:
    """A lane that writes and one that reads, at the same turns."""
    return [Lane(kind, "new", 1, lambda: Fake(do), lambda _: refused) for kind in ("write", "read")]


def run(do: Callable[[], str], refused: bool = False) -> list[Operation]:
    with Workload("d", both(do, refused)) as load:
        until(6, load)
    return load.history.operations()


def broken() -> str:
    raise ConnectionError("reset")


def test_each_operation_has_a_key_of_its_own_and_the_set_rate() -> None:
    begun = time.monotonic()
    with Workload("d", both(lambda: "a")) as load:

        def why_slow() -> str | None:
            begins = sorted(operation.start for operation in load.history.operations() if operation.writes)
            spans = [fifteenth - first for first, fifteenth in zip(begins, begins[14:], strict=False)]
            return None if min(spans, default=math.inf) <= 1.0 else f"of {len(begins)} writes no 15 in a second"

        # Turns that a busy computer misses are not made up for, but it does not miss them all the time.
        eventually("15 writes in a second", why_slow, Deadline(SLOW_SECONDS))
    seconds = time.monotonic() - begun
    done = load.history.operations()
    assert len({operation.key for operation in done}) == len(done)
    assert sum(operation.writes for operation in done) <= seconds * DEFAULT_RATE + 1, "no computer makes more"
    assert {operation.outcome for operation in done} == {OK}


def test_a_write_that_breaks_after_it_was_sent_is_unknown_and_a_read_fails() -> None:
    done = run(broken)
    assert {operation.outcome for operation in done if operation.writes} == {UNKNOWN}
    assert {operation.outcome for operation in done if not operation.writes} == {FAIL}


def test_a_write_that_was_refused_fails() -> None:
    assert {operation.outcome for operation in run(broken, refused=True)} == {FAIL}


def test_a_connection_that_cannot_be_made_is_a_failure() -> None:
    def never() -> Fake:
        raise OSError("refused")

    with Workload("d", [Lane("write", "new", 1, never, lambda _: False)]) as load:
        until(3, load)
    assert {operation.outcome for operation in load.history.operations()} == {FAIL}


def test_an_operation_that_hangs_is_aborted_and_holds_up_no_other() -> None:
    clients: list[Fake] = []

    def hang() -> Fake:
        client = Fake(lambda: "")

        def wait(_: str = "") -> Answer:
            assert client.aborted.wait(5.0), "nobody aborted it"
            raise ConnectionError("aborted")

        client.write = wait  # type: ignore[method-assign]  # the fake hangs
        clients.append(client)
        return client

    with Workload("d", [Lane("write", "new", 1, hang, lambda _: False, seconds=0.3)]) as load:
        eventually("a third", lambda: None if len(clients) > 2 else "it is held up", Deadline(SLOW_SECONDS))
    assert {operation.outcome for operation in load.history.operations()} == {UNKNOWN}


def test_unsteady_names_the_lane_and_its_error() -> None:
    with Workload("d", [Lane("write", "new", 1, lambda: Fake(broken), lambda _: True)]) as load:
        since = time.monotonic()
        threading.Event().wait(1.2)
        assert load.why_not_steady(since) == "write new 1 fails: ConnectionError: reset"


def test_the_history_is_kept_as_json_lines_from_the_fault_on() -> None:
    history = History()
    history.add(Operation("k", "write new 1", 9.5, 10.5, OK, "a", value=7))
    assert history.as_lines(zero=10.0).endswith("}\n")
    assert json.loads(history.as_lines(zero=10.0)) == {
        "key": "k",
        "lane": "write new 1",
        "start": -0.5,
        "end": 0.5,
        "outcome": "ok",
        "server": "a",
        "error": "",
        "value": 7,
        "taken": "",
        "failure": "",
    }


def own(code: str) -> Callable[[], str]:
    """A function that hadrill's own files seem to hold."""
    names: dict[str, Callable[[], str]] = {}
    exec(compile(code, str(OWN / "services" / "made_up.py"), "exec"), names)  # noqa: S102 - to be of that file
    return names["do"]


SLIPS = {
    "KeyError": "{}['leader']",
    "TypeError": "str(len(None))",
    "AttributeError": "''.nothing",
    "IndexError": "str([][0])",
    "NameError": "nothing",
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_in_a_client_of_our_own_is_raised_and_no_outage(name: str) -> None:
    do = own(f"def do():\n    return {SLIPS[name]}\n")
    load = Workload("d", [Lane("write", "new", 1, lambda: Fake(do), lambda _: False)])
    with load, pytest.raises(Exception, match=r".+") as raised:
        eventually("a steady workload", lambda: load.why_not_steady(0.0), Deadline(SLOW_SECONDS))
    assert type(raised.value).__name__ == name
    with pytest.raises(type(raised.value)):
        load.raise_bugs()


def test_a_slip_in_what_says_that_a_write_was_refused_is_raised() -> None:
    def refused(_: Exception) -> bool:
        return bool(own("def do():\n    return {}['status']\n")())

    load = Workload("d", [Lane("write", "new", 1, lambda: Fake(broken), refused)])
    with load, pytest.raises(KeyError):
        eventually("a steady workload", lambda: load.why_not_steady(0.0), Deadline(SLOW_SECONDS))


def driver_of(error: str) -> Callable[[], str]:
    """What stumbles inside another's file, as drivers do on connections that break under them."""
    names: dict[str, Callable[[], str]] = {}
    exec(compile(f"def stumble():\n    {error}\n", "/usr/lib/python3/pika/connection.py", "exec"), names)  # noqa: S102 - to be of that file
    stumble = names["stumble"]
    return own("def do(stumble):\n    return stumble()\n").__get__(stumble)  # type: ignore[no-any-return]  # its argument


@pytest.mark.parametrize(
    "error",
    ["assert False", "[][0]", "None.recv", "len(None)", "raise ValueError('x')", "b'\\xff'.decode()", "{}['method']"],
)
def test_a_driver_that_stumbles_over_a_broken_connection_is_an_outcome(error: str) -> None:
    with Workload("d", [Lane("write", "new", 1, lambda: Fake(driver_of(error)), lambda _: False)]) as load:
        until(3, load)
    load.raise_bugs()
    assert {operation.outcome for operation in load.history.operations()} == {UNKNOWN}


def test_an_answer_that_our_own_code_refuses_is_an_outcome() -> None:
    do = own("from hadrill.services.errors import BadAnswerError\ndef do():\n    raise BadAnswerError('x')\n")
    with Workload("d", [Lane("read", "new", 1, lambda: Fake(do), lambda _: False)]) as load:
        until(3, load)
    load.raise_bugs()
    assert {operation.outcome for operation in load.history.operations()} == {FAIL}


def test_a_driver_that_cannot_close_a_broken_connection_does_not_end_its_lane() -> None:
    class Stuck(Fake):
        """Raises from a driver's file when it is closed."""

        def close(self) -> None:
            driver_of("None.close")()

    with Workload("d", [Lane("write", "pooled", 1, lambda: Stuck(broken), lambda _: False)]) as load:
        until(POOL + 1, load)
    load.raise_bugs()
