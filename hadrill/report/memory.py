"""The history of all runs: reports/history.jsonl, one result on each line. Lines are only added, never changed."""

import json
import os
import statistics
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

from filelock import FileLock

from hadrill.report.drills import by_key
from hadrill.report.rows import DrillRow
from hadrill.report.secrets import Scrubber
from hadrill.report.verdict import Verdict

HISTORY = "history.jsonl"
SCHEMA = 1
"""Goes up when a line's meaning changes. Lines of a newer schema cannot be read; lines without one have schema 1."""
LEFT_OUT = ("lanes", "evidence", "notes")
"""What only the run's own summary.json keeps."""


class HistoryError(Exception):
    """A history that this hadrill cannot read."""


def remember(reports: Path, drills: Iterable[DrillRow], secrets: Iterable[str] = ()) -> None:
    """Add results to the history, with the time of the run and without secrets. Runs may end at the same time."""
    moment = datetime.now().astimezone().isoformat(timespec="seconds")
    lines = [
        json.dumps({"schema": SCHEMA, "at": moment} | {k: v for k, v in drill.items() if k not in LEFT_OUT})
        for drill in drills
    ]
    with FileLock(reports / f"{HISTORY}.lock"), (reports / HISTORY).open("ab+") as out:
        # A run that was killed while it wrote left half a line: what comes next begins a new one.
        if out.seek(0, os.SEEK_END) and not _ends_a_line(out.fileno(), out.tell()):
            out.write(b"\n")
        out.write(Scrubber(secrets)("".join(f"{line}\n" for line in lines)).encode())
        out.flush()
        os.fsync(out.fileno())


def remembered(reports: Path) -> list[DrillRow]:
    """All results of earlier runs, the oldest first. A half line that a killed run left is passed over.

    Raises HistoryError for lines that a newer hadrill wrote.
    """
    try:
        lines = (reports / HISTORY).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    return list(_parsed(lines, reports / HISTORY))


def _parsed(lines: Sequence[str], file: Path) -> Iterator[DrillRow]:
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if not isinstance(row, dict) or row.get("schema", SCHEMA) > SCHEMA:
            raise HistoryError(f"{file}, line {number}: this hadrill knows schema {SCHEMA}: {line[:60]}")
        yield cast("DrillRow", row)


def _ends_a_line(file: int, size: int) -> bool:
    return os.pread(file, 1, size - 1) == b"\n"


def trends(reports: Path, since: str = "") -> list[tuple[str, ...]]:
    """One row for each kind of drill that was run since then: runs, passes, and how its outage developed.

    Raises HistoryError.
    """
    rows: list[tuple[str, ...]] = []
    made = [row for row in remembered(reports) if _moment(row["at"]) >= _moment(since)]
    for key, runs in sorted(by_key(made).items()):
        outages = [run["outage_s"] for run in runs if run["outage_s"] is not None]
        passed = sum(run["verdict"] == Verdict.PASSED for run in runs)
        counted, last = (key, str(len(runs)), str(passed)), runs[-1]["at"]
        if not outages:
            rows.append((*counted, "-", "-", "-", "-", last))
            continue
        earlier = statistics.median(outages[:-1] or outages)
        numbers = (statistics.median(outages), max(outages), outages[-1])
        rows.append((*counted, *(f"{number:.2f}" for number in numbers), f"{outages[-1] - earlier:+.2f}", last))
    return rows


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0
