"""The report of a run that was killed: written by the next one, from what each round left behind."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from hadrill.report.chaos_page import write_chaos_page
from hadrill.report.memory import remember
from hadrill.report.rows import DrillRow
from hadrill.report.run_folder import write_summary
from hadrill.report.secrets import Scrubber
from hadrill.report.summary import Summary
from hadrill.safety.journal import started

RUNNER = "runner"
NOTE = "this run was cut short; its report was written by a later one"


def sign(folder: Path) -> None:
    """Leave word of who writes this folder's report."""
    (folder / RUNNER).write_text(f"{os.getpid()} {started(os.getpid())}", "utf-8")


def salvage(reports: Path, secrets: Iterable[str]) -> Iterator[Path]:
    """Write what is missing for every chaos run below `reports` whose runner is gone; yields their folders.

    Such a run came to no end at which its reporter would have replaced the secrets in others' files.
    """
    scrub = Scrubber(secrets)
    for word in sorted(reports.glob(f"*-chaos*/{RUNNER}")):
        folder = word.parent
        pid, _, when = word.read_text("utf-8").partition(" ")
        if (folder / "summary.json").exists() or started(int(pid)) == when:
            continue
        scrub.files(folder)
        _write(folder, kept(folder))
        yield folder


def kept(folder: Path) -> list[DrillRow]:
    """What the rounds of a run left: their results, in the order of their numbers."""
    return [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("drills/*/result.json"))]


def _write(folder: Path, rows: list[DrillRow]) -> None:
    ends = [row["began"] + row["wall_s"] for row in rows]
    seconds = max(ends) - min(row["began"] for row in rows) if rows else 0.0
    environment = {"note": NOTE if rows else f"{NOTE}; no round had ended"}
    write_chaos_page(folder, rows, [], environment, seconds)
    remember(folder.parent, rows)
    write_summary(folder, Summary("chaos", (), seconds, environment, tuple(rows)))
