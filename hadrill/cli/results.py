"""The verbs about results of earlier runs: history, compare."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import click

from hadrill.report.drills import by_key
from hadrill.report.memory import HISTORY, HistoryError, trends
from hadrill.report.regression import regressions
from hadrill.report.screen import standard_output
from hadrill.timing import duration


@click.command()
@click.option("--reports", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@click.option("--since", default="", metavar="TIME", help="Only of the last 12h, 30d ...")
def history(reports: Path, since: str) -> None:
    """Show how the outage of each kind of drill developed over all runs."""
    head = ("DRILL", "RUNS", "PASSED", "MEDIAN S", "MAX S", "LAST S", "CHANGE", "LAST RUN")
    if not (reports / HISTORY).exists():
        raise click.ClickException(f"no drill was run yet: there is no {reports / HISTORY}")
    try:
        click.echo("\n".join(standard_output().table(head, trends(reports, _earliest(since)))))
    except HistoryError as error:
        raise click.ClickException(str(error)) from error
    except (ValueError, KeyError) as error:
        raise click.ClickException(f"{reports / HISTORY} has a line that is no drill: {error!r}") from error


@click.command()
@click.argument("before", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("now", type=click.Path(path_type=Path, exists=True, file_okay=False))
def compare(before: Path, now: Path) -> None:
    """Say what got worse from the run in one folder to the run in another; ends with 1 where something did."""
    try:
        sides = [json.loads((folder / "summary.json").read_text("utf-8"))["drills"] for folder in (before, now)]
    except (OSError, ValueError, KeyError) as error:
        raise click.ClickException(f"no report of drills: {error}") from error
    worse = regressions(*sides)
    kinds = len(set(by_key(sides[0])) & set(by_key(sides[1])))
    click.echo("\n".join(map(str, worse)) or f"nothing got worse in {kinds} kinds of drills that both runs made")
    if worse or not kinds:
        raise SystemExit(1)


def _earliest(since: str) -> str:
    """The moment so long ago, in the form that the history has; empty where no time is given."""
    if not since:
        return ""
    try:
        ago = timedelta(seconds=duration(since))
    except ValueError as error:
        raise click.ClickException(f"--since: {error}") from error
    return (datetime.now().astimezone() - ago).isoformat(timespec="seconds")
