"""The report of a chaos run that was killed: written by the next run, from what each round left behind."""

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
    """Write down which process is to write this folder's report."""
    (folder / RUNNER).write_text(f"{os.getpid()} {started(os.getpid())}", "utf-8")


def salvage(reports: Path, secrets: Iterable[str]) -> Iterator[Path]:
    """Write what is missing for every chaos run below `reports` whose runner is gone; yields their folders.

    Such a run was killed before its reporter replaced secrets in files that other programs wrote: this is done here.
    """
    scrub = Scrubber(secrets)
    for file in sorted(reports.glob(f"*-chaos*/{RUNNER}")):
        folder = file.parent
        pid, _, start = file.read_text("utf-8").partition(" ")
        if (folder / "summary.json").exists() or started(int(pid)) == start:
            continue
        scrub.files(folder)
        _write(folder, kept(folder))
        yield folder


def kept(folder: Path) -> list[DrillRow]:
    """The results that the rounds of a run left, in the order of their numbers."""
    return [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("drills/*/result.json"))]


def _write(folder: Path, rows: list[DrillRow]) -> None:
    ends = [row["began"] + row["wall_s"] for row in rows]
    seconds = max(ends) - min(row["began"] for row in rows) if rows else 0.0
    environment = {"note": NOTE if rows else f"{NOTE}; no round had ended"}
    write_chaos_page(folder, rows, [], environment, seconds)
    remember(folder.parent, rows)
    write_summary(folder, Summary("chaos", (), seconds, environment, tuple(rows)))
