"""What runs write down before they break anything, and what is said of it when they ended."""

import os
from pathlib import Path

import pytest

from hadrill.drill import Case, Experiment, Session
from hadrill.drill.scenarios import SingleFault
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.report.salvage import kept
from hadrill.safety import journal
from hadrill.safety.heal import elsewhere
from hadrill.services.redis.cluster import RedisCluster


def test_a_journal_outlives_its_runner_and_knows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    here = journal.Entry(
        "d1", "/i", "redis-01", "isolate", False, ("redis-01",), os.getpid(), journal.started(os.getpid())
    )
    here.write()
    assert [(entry, entry.alive) for entry in journal.entries()] == [(here, True)]
    another = journal.Entry("d2", "/i", "redis-01", "isolate", False, (), os.getpid(), "1")
    assert not another.alive, "a number that means another process by now"
    here.remove()
    here.remove()
    assert list(journal.entries()) == []


def test_what_was_left_for_another_inventory_is_named_and_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    mine, other = tmp_path / "mine", tmp_path / "other"
    other.mkdir()
    living = (os.getpid(), journal.started(os.getpid()))
    for drill, inventory, runner in (
        ("d1", mine, (os.getpid(), "1")),
        ("d2", other, living),
        ("d3", other, (os.getpid(), "1")),
        ("d4", tmp_path / "gone", (os.getpid(), "1")),
    ):
        journal.Entry(drill, str(inventory), "redis-01", "isolate", False, (), *runner).write()
    said = elsewhere(mine)
    assert [line.partition(" of drill ")[2][:2] for line in said] == ["d3", "d4"]
    assert f"(hadrill heal --inventory {other})" in said[0]
    assert f"remove {journal.folder() / 'd4.json'}" in said[1]


class Interrupted(Experiment):
    """A drill that is asked to end."""

    def _ten_steps(self) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("healed", "cause"),
    [
        (True, "interrupted; what it broke is undone"),
        (False, "interrupted; not undone: isolate on redis-01"),
    ],
)
def test_an_interrupted_drill_leaves_its_result_and_says_whether_all_is_undone(
    lab_inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, healed: bool, cause: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    session = Session(lab_inventory, Remote(lab_inventory), tmp_path / "drills")
    cluster = RedisCluster(lab_inventory, session.remote)
    drill = Interrupted(session, SingleFault(cluster, Case("redis", "isolate", "master")))
    if not healed:
        journal.Entry(drill.id, "/i", "redis-01", "isolate", False, (), os.getpid(), "1").write()
    with pytest.raises(KeyboardInterrupt):
        drill.run()
    assert [(row["verdict"], row["cause"]) for row in kept(tmp_path)] == [("inconclusive", cause)]


def test_what_a_killed_runner_was_writing_is_removed_and_what_a_living_one_writes_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    entry = journal.Entry("d1", "/i", "redis-01", "isolate", False, (), os.getpid(), "1")
    entry.write()
    for half in ("d2.999999999.new", "d3.new", f"d4.{os.getpid()}.new"):
        (journal.folder() / half).touch()
    entry.write()
    assert sorted(file.name for file in journal.folder().iterdir()) == ["d1.json", f"d4.{os.getpid()}.new"]
