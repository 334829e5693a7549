"""The folder of a run's files: reports/<time>-<suite>/, and the link reports/latest to the newest one."""

from datetime import datetime
from itertools import count
from pathlib import Path

from hadrill.report.summary import Summary


def new_run_folder(reports: Path, suite: str) -> Path:
    """A folder for a run. Two runs in the same second, or after the clock was set back, get different ones."""
    moment = datetime.now().astimezone().strftime("%Y-%m-%dT%H-%M-%S")
    for number in count():
        folder = reports / (f"{moment}-{suite}" + (f"-{number}" if number else ""))
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("count() never ends")


def write_summary(folder: Path, summary: Summary) -> None:
    """Write summary.json and summary.md."""
    (folder / "summary.json").write_text(summary.json(), "utf-8")
    (folder / "summary.md").write_text(summary.markdown(), "utf-8")


def point_latest_at(folder: Path) -> None:
    """Make the link `latest` lead to this run, in one step."""
    beside = folder.parent / f".latest-{folder.name}"
    beside.symlink_to(folder.name)
    beside.replace(folder.parent / "latest")
