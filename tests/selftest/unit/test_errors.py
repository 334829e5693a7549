"""What a service may do is told apart from what only a bug of our own can do."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hadrill.drill import Case, Experiment, Session
from hadrill.drill.errors import DrillBrokenError
from hadrill.drill.scenarios import SingleFault
from hadrill.drill.verdict import Verdict
from hadrill.inventory import Inventory
from hadrill.pytest_plugin.failure import explain
from hadrill.remote import Remote
from hadrill.report import drills
from hadrill.report.outcome import Ending
from hadrill.report.secrets import Scrubber
from hadrill.services import registry
from hadrill.services.asking import failures
from hadrill.services.errors import BadAnswerError, Fields, NoLeaderError, named, parsed, reading
from hadrill.services.haproxy.statistics import Page
from hadrill.services.redis.cluster import RedisCluster
from hadrill.timing import OverdueError


class Ends(Experiment):
    """A drill that ends as it is told to."""

    raises: Callable[[], Exception]

    def _ten_steps(self) -> None:
        raise self.raises()


def ended(inventory: Inventory, folder: Path, error: Exception) -> Ends:
    session = Session(inventory, Remote(inventory), folder)
    cluster = RedisCluster(inventory, session.remote)
    cluster.diagnose = lambda *_: None  # type: ignore[assignment,method-assign]  # nobody is asked
    one = Ends(session, SingleFault(cluster, Case("redis", "isolate", host="redis-01")))
    one.raises = lambda: error
    one.run()
    return one


@pytest.mark.parametrize("error", [KeyError("name"), ValueError("no number"), LookupError("x"), AssertionError("y")])
def test_what_only_a_bug_can_raise_ends_as_an_error_with_its_traceback(
    lab_inventory: Inventory, tmp_path: Path, error: Exception
) -> None:
    one = ended(lab_inventory, tmp_path, error)
    assert one.result.verdict is Verdict.ERROR
    assert one.result.cause.startswith(f"a bug of hadrill's own: {type(error).__name__}: ")
    told = (one.folder / "error.txt").read_text("utf-8")
    assert "Traceback (most recent call last)" in told
    assert "in _ten_steps" in told
    assert "result.json" in [file.name for file in one.folder.iterdir()]


def test_a_secret_in_a_bug_is_not_told(lab_inventory: Inventory, tmp_path: Path) -> None:
    secret = max(lab_inventory.credentials.values(), key=len)
    one = ended(lab_inventory, tmp_path, KeyError(secret))
    kept = (one.folder / "error.txt").read_text("utf-8") + (one.folder / "result.json").read_text("utf-8")
    assert secret not in kept + one.result.cause


@pytest.mark.parametrize("error", [NoLeaderError("nobody leads"), BadAnswerError("not the form"), OSError("no answer")])
def test_what_a_service_may_do_is_inconclusive(lab_inventory: Inventory, tmp_path: Path, error: Exception) -> None:
    one = ended(lab_inventory, tmp_path, error)
    assert (one.result.verdict, one.result.cause) == (Verdict.INCONCLUSIVE, str(error))
    assert not (one.folder / "error.txt").exists()


def test_no_failure_of_a_service_is_as_wide_as_a_bug() -> None:
    drivers = {registry.load(reference) for known in registry.services() for reference in known.driver_errors}
    assert drivers <= set(failures())
    for bug in (KeyError("x"), ValueError("x"), LookupError("x"), TypeError("x"), AttributeError("x")):
        assert not isinstance(bug, failures()), f"{bug!r} would count as an answer of a service"


def test_an_error_is_counted_apart_and_says_whose_it_is(lab_inventory: Inventory, tmp_path: Path) -> None:
    row = ended(lab_inventory, tmp_path, KeyError("x")).result.as_json()
    assert drills.counted([row]) == "0/1 passed, 1 error"
    failure = explain(DrillBrokenError("a bug of hadrill's own: KeyError"), Scrubber([]))
    assert (failure.outcome, failure.text) == ("error", "error: a bug of hadrill's own: KeyError")


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (AssertionError("41 s is more than 40 s"), Ending.FAILED),
        (OSError("no route to host"), Ending.INCONCLUSIVE),
        (OverdueError("a leader", 2.0, None), Ending.INCONCLUSIVE),
        (KeyboardInterrupt(), Ending.INCONCLUSIVE),
        (KeyError("leader"), Ending.ERROR),
        (TypeError("None"), Ending.ERROR),
    ],
)
def test_a_check_that_raises_what_it_should_not_says_whose_fault_it_is(error: BaseException, ending: Ending) -> None:
    assert explain(error, Scrubber([])).outcome is ending


def test_a_name_that_is_missing_in_an_answer_is_a_bad_answer() -> None:
    answer = parsed("10.0.0.1:8008/cluster", b'{"members": [{"name": "a"}]}')
    assert answer["members"][0]["name"] == "a"
    with pytest.raises(BadAnswerError, match=r"10.0.0.1:8008/cluster says nothing of 'role'"):
        answer["members"][0]["role"]
    with pytest.raises(BadAnswerError, match="answered no JSON"):
        parsed("somebody", "<html>")
    assert Fields("x", {"a": 1}).get("b") is None


@pytest.mark.parametrize("text", ['"x"', "[]", "{}", "null"])
def test_an_answer_that_cannot_be_taken_apart_is_a_bad_answer(text: str) -> None:
    answer = json.loads(text)
    with pytest.raises(BadAnswerError, match="Redis answered in a form of its own"), reading("Redis"):
        int(answer["number"])
    with pytest.raises(ZeroDivisionError), reading("Redis"):
        _ = 1 / 0


def test_a_stranger_that_a_service_names_is_a_bad_answer(lab_inventory: Inventory) -> None:
    members = lab_inventory.hosts
    assert named(members, "redis-01", "Sentinel") == lab_inventory.host("redis-01")
    with pytest.raises(BadAnswerError, match=r"Sentinel names '10.9.9.9', which is no member"):
        named(members, "10.9.9.9", "Sentinel")


@pytest.mark.parametrize("page", ["", "<html>no table</html>", "pxname,svname\nbe,a\n"])
def test_a_statistics_page_of_another_form_is_a_bad_answer(lab_inventory: Inventory, page: str) -> None:
    with pytest.raises(BadAnswerError):
        Page(lab_inventory.host("haproxy-01"))._parsed("be", page)
