"""What runs write down before they break anything, and what is said of it when they ended."""

import json
import os
import signal
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from hadrill.drill import Case, Experiment, Session
from hadrill.drill.scenarios import SingleFault
from hadrill.inventory import Host, Inventory
from hadrill.remote import Remote
from hadrill.report.salvage import kept
from hadrill.safety import heal, journal, watchdog
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


def test_an_entry_that_an_older_hadrill_wrote_is_read_and_healed(
    tmp_path: Path, lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    healed: list[tuple[str, str]] = []
    monkeypatch.setattr(heal, "read", lambda *_: lab_inventory)
    monkeypatch.setattr(heal, "disarm_and_heal", lambda _, host, experiment: healed.append((host.name, experiment)))
    monkeypatch.setattr(heal, "release", lambda _, host, experiment: healed.append((f"lease {host}", experiment)))
    content = {"drill": "0123456789ab", "inventory": "/i", "host": "redis-01", "fault": "isolate", "power": False}
    content |= {"leased": ["redis-02"], "pid": os.getpid(), "started": "1"}
    journal.folder().mkdir()
    (journal.folder() / "0123456789ab.json").write_text(json.dumps(content), "utf-8")

    done, wrong = heal.heal_entries(journal.entries())

    assert (done, wrong) == (["redis-01: isolate of drill 0123456789ab is undone"], [])
    assert healed == [("redis-01", "0123456789ab"), ("lease redis-02", "0123456789ab")]
    assert list(journal.folder().iterdir()) == []


def test_the_journal_names_the_cluster_where_its_service_has_several(
    tmp_path: Path, lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(heal, "read", lambda *_: lab_inventory)
    monkeypatch.setattr(heal, "disarm_and_heal", lambda *_: None)
    journal.Entry("0123456789ab", "/i", "redis-01", "isolate", False, (), 1, "", cluster="redis/sessions").write()
    assert heal.heal_entries(journal.entries())[0] == [
        "redis-01: isolate (redis/sessions) of drill 0123456789ab is undone"
    ]


def test_what_was_left_for_another_inventory_is_named_and_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    mine, other = tmp_path / "mine", tmp_path / "other"
    other.mkdir()
    living = (os.getpid(), journal.started(os.getpid()))
    for experiment, inventory, runner in (
        ("d1", mine, (os.getpid(), "1")),
        ("d2", other, living),
        ("d3", other, (os.getpid(), "1")),
        ("d4", tmp_path / "gone", (os.getpid(), "1")),
    ):
        journal.Entry(experiment, str(inventory), "redis-01", "isolate", False, (), *runner).write()
    lines = elsewhere(mine)
    assert [line.partition(" of drill ")[2][:2] for line in lines] == ["d3", "d4"]
    assert f"(hadrill heal --inventory {other})" in lines[0]
    assert f"remove {journal.folder() / 'd4.json'}" in lines[1]


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


class Healed:
    """SSH to hosts on which all can be undone; remembers which were asked."""

    asked: ClassVar[list[str]] = []

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory

    def __enter__(self) -> "Healed":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, host: Host, _program: str, **_options: object) -> None:
        self.asked.append(host.name)

    def everywhere(self, hosts: list[Host], _work: object) -> dict[Host, object]:
        self.asked.extend(f"lease on {host}" for host in hosts)
        return {}


def test_an_entry_of_a_host_that_the_profile_leaves_out_is_named_and_stays_and_the_others_are_healed(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(heal, "Remote", Healed)
    monkeypatch.setattr(Healed, "asked", [])
    gone = (os.getpid(), "1")
    for drill, host, leased in (
        ("d1", "k3s-worker-01", ("k3s-worker-01",)),
        ("d2", "redis-01", ("redis-01", "k3s-master-01")),
        ("d3", "sold-01", ()),
    ):
        journal.Entry(drill, str(lab), host, "isolate", False, leased, *gone).write()

    done, wrong = heal.heal_entries(journal.entries_of(lab))
    assert done == ["redis-01: isolate of drill d2 is undone"]
    assert Healed.asked == ["redis-01", "lease on redis-01"], "the lease on a host that is left out ends by itself"
    outside, unknown = wrong
    assert outside.startswith("k3s-worker-01: isolate of drill d1 is not undone: its profile is kubernetes")
    assert f"`hadrill heal --inventory {lab} --profile kubernetes`" in outside
    assert "sold-01: isolate of drill d3" in unknown
    assert f"remove {journal.folder() / 'd3.json'}" in unknown
    assert [entry.experiment for entry in journal.entries_of(lab)] == ["d1", "d3"]

    done, wrong = heal.heal_entries(journal.entries_of(lab), "kubernetes")
    assert done == ["k3s-worker-01: isolate of drill d1 is undone"]
    assert [entry.experiment for entry in journal.entries_of(lab)] == ["d3"]


def test_entries_of_an_inventory_that_cannot_be_read_are_named_and_stay(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(heal, "Remote", Healed)
    for drill, folder in (("d1", tmp_path / "removed"), ("d2", lab)):
        journal.Entry(drill, str(folder), "redis-01", "isolate", False, (), os.getpid(), "1").write()
    done, wrong = heal.heal_entries(list(journal.entries()))
    assert done == ["redis-01: isolate of drill d2 is undone"]
    assert len(wrong) == 1
    assert wrong[0].startswith(f"redis-01: isolate of drill d1 is not undone: {tmp_path / 'removed'}: is not a folder")
    assert "\n" not in wrong[0]
    assert [entry.experiment for entry in journal.entries()] == ["d1"]


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


def test_entries_of_other_versions_are_read_and_what_is_no_entry_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    entry = journal.Entry("d1", "/i", "redis-01", "isolate", False, ("redis-01",), os.getpid(), "1", made=False)
    entry.write()
    content = json.loads(entry.file.read_text("utf-8"))
    entry.file.write_text(json.dumps(content | {"colour": "blue"}), "utf-8")
    del content["made"]
    (journal.folder() / "d2.json").write_text(json.dumps(content | {"experiment": "d2"}), "utf-8")
    broken = {"a": "{", "b": "[]", "c": "{}", "d": json.dumps(content | {"host": 3}), "e": json.dumps({"leased": []})}
    for name, text in broken.items():
        (journal.folder() / f"{name}.json").write_text(text, "utf-8")

    assert [(read.experiment, read.made) for read in journal.entries()] == [("d1", False), ("d2", True)]
    lines = journal.unreadable()
    assert [line.partition(" ")[0] for line in lines] == [str(journal.folder() / f"{name}.json") for name in broken]


def test_a_file_that_is_no_entry_keeps_the_watchdog_and_heal_from_nothing_else(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(heal, "Remote", Healed)
    journal.Entry("d1", str(lab), "redis-01", "isolate", False, (), 1, "1").write()
    (journal.folder() / "odd.json").write_text("[]", "utf-8")
    monkeypatch.setattr(sys, "argv", ["watchdog", "1"])
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=BytesIO()))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO()))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert watchdog.main() == 0
    told = capsys.readouterr().err
    assert f"{journal.folder() / 'odd.json'} cannot be read" in told
    assert "redis-01: isolate of drill d1 is undone" in told
