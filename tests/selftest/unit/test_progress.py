"""What a chaos run tells while it runs: one line a round, each once and whole."""

from pathlib import Path

from hadrill.chaos.progress import FILE, Progress, note, told
from hadrill.drill.result import FAILED, PASSED, Result
from hadrill.timing import Deadline, eventually

SOON_SECONDS = 5.0

PLAYED = Result("feedfacefeed", "redis", "redis-01", "master", "container-kill", PASSED, outage_s=5.98, budget_s=9.5)


def test_a_round_in_a_line() -> None:
    assert told(PLAYED)[8:] == "    0 redis       container-kill on redis-01 (master): 5.98 of 9.5 s, passed"
    cut = Result("feedfacefeed", "minio", "", "", "calm", FAILED, "2 operations\nfailed", round=12, lost=3)
    assert told(cut)[8:] == "   12 minio       calm: - s, 3 lost, failed: 2 operations failed"


def test_each_line_is_said_once_and_only_when_it_is_whole(tmp_path: Path) -> None:
    lines: list[str] = []
    note(tmp_path, "first")
    progress = Progress(tmp_path, lines.append)
    eventually("the first line", lambda: None if lines else "nothing yet", Deadline(SOON_SECONDS))
    note(tmp_path, "second")
    note(tmp_path, "third")
    with (tmp_path / FILE).open("a") as file:
        file.write("half")
    progress.close()
    assert lines == ["first", "second", "third"]
