"""What kept growing, in made-up counts; and what a host is asked, on this computer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hadrill.chaos import census as module
from hadrill.chaos.census import ALLOWED, FEWEST, GROWTH, MIB, Census, leak
from hadrill.inventory import Inventory
from hadrill.on_host import program
from hadrill.remote import Remote
from tests.selftest.unit.properties import given, st

DESCRIPTORS = "file descriptors"


def rising(start: float, step: float, number: int = 30) -> list[float]:
    return [start + step * turn for turn in range(number)]


def test_what_keeps_growing_is_a_leak() -> None:
    sentence = leak("redis-01: file descriptors of redis", DESCRIPTORS, rising(20, 10))
    assert sentence == "redis-01: file descriptors of redis grew from 165 to 265"
    sentence = leak("redis-01: memory bytes of redis", "memory bytes", rising(50 * MIB, 10 * MIB))
    assert sentence == "redis-01: memory of redis grew from 195 to 295 MiB"


@pytest.mark.parametrize(
    "counts",
    [
        rising(20, 10, FEWEST - 1),
        rising(20, 1),
        rising(10_000, 10),
        [*rising(20, 50, 10), *[520.0] * 20],
        [20.0, 400.0] * 15,
        [*[20.0] * 6, *[20.0, 400.0] * 3, *[20.0] * 2, *[400.0] * 4],
    ],
    ids=["too few", "too little", "too little for its size", "a cache that is full", "up and down", "chance"],
)
def test_what_does_not_keep_growing_is_none(counts: list[float]) -> None:
    assert leak("x", DESCRIPTORS, counts) == ""


@given(st.lists(st.floats(0, 1e6), min_size=FEWEST, max_size=60), st.sampled_from(sorted(ALLOWED)))
def test_what_shrinks_is_never_a_leak(counts: list[float], kind: str) -> None:
    assert leak("x", kind, sorted(counts, reverse=True)) == ""


@given(st.integers(FEWEST, 90), st.floats(0.0, 1e4), st.floats(GROWTH + 0.1, 10.0))
def test_a_step_up_in_the_last_third_is_always_seen(number: int, start: float, factor: float) -> None:
    third = number // 3
    after = max(start * factor, start + ALLOWED[DESCRIPTORS] + 1.0)
    assert leak("x", DESCRIPTORS, [start] * (number - third) + [after] * third) != ""


def test_a_host_whose_count_cannot_be_read_is_told_and_the_others_are_counted(
    lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = lab_inventory.managed[:2]
    answers = {
        first: {"held": {"redis": {"file descriptors": 7}}, "disk bytes": 5, "left": ["d1", "strange"]},
        second: {"held": {}, "disk bytes": "?", "left": []},
    }
    monkeypatch.setattr(module, "run_program", lambda _remote, host, *_: answers[host])
    with Remote(lab_inventory) as remote:
        census = Census(remote, {first: (), second: ()})
        left, silent = census.count(["d1", "d2"])
    assert left == f"left behind on {first}: drill d1"
    assert silent.startswith(f"{second} was not counted: {second}: its answer cannot be read: ValueError: ")
    assert census.series == {(first.name, "disk bytes"): [5.0], (first.name, "file descriptors of redis"): [7.0]}


NO_ENGINE = {"containers": ["no-such-engine"], "main pids": ["no-such-engine"]}


def test_a_host_counts_what_drills_left(tmp_path: Path) -> None:
    for name in ("d1", "leases"):
        (tmp_path / name).mkdir()
    for name in ("leases/d2", ".heal.lock"):
        (tmp_path / name).touch()
    order = json.dumps({"root": str(tmp_path), "data": str(tmp_path / "nothing"), "units": [], **NO_ENGINE})
    command = [sys.executable, "-c", program("census")]
    done = subprocess.run(command, input=order, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert {"d1", "d2"} <= set(answer["left"])
    assert not {"leases", ".heal.lock"} & set(answer["left"])
    assert answer["disk bytes"] > 0
