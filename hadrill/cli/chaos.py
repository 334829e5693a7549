"""The verbs of chaos: shrink, nightly."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import click

from hadrill.chaos import nightly as timers
from hadrill.chaos.schedule import Schedule, ScheduleError, seconds_of
from hadrill.chaos.shrink import shrink as smallest_of
from hadrill.cli.options import inventory_option
from hadrill.inventory import read
from hadrill.timing import Deadline

ROUND_SECONDS = 600.0
"""One run of a candidate may take so long for each of its rounds."""


@click.command()
@inventory_option
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--within", default="30m", show_default=True, metavar="TIME", help="Stop looking after so long.")
@click.option("--repeat", default=3, show_default=True, metavar="N", help="Runs that tell how often it fails.")
@click.option("--service", default="", metavar="NAME", help="Only this service's failed rounds.")
@click.option("--force", is_flag=True, help="Drill though a cause against it is known beforehand.")
def shrink(folder: Path, run: Path, within: str, repeat: int, service: str, force: bool) -> None:
    """Find the smallest schedule that still fails as RUN did, by making ever smaller runs on the same inventory."""
    try:
        schedule, deadline = Schedule.read(run / "schedule.json"), Deadline(seconds_of(within))
        rows = json.loads((run / "summary.json").read_text("utf-8"))["drills"]
        bad = [row for row in rows if row["verdict"] == "failed" and service in ("", row["service"])]
        if not bad:
            raise click.ClickException(f"no round of {service or 'any service'} failed in {run}")
        services = {row["service"] for row in bad}
        schedule = schedule.only({row["round"] for row in bad})
    except (OSError, ValueError, KeyError, ScheduleError) as error:
        raise click.ClickException(f"{run} is no chaos run: {error}") from error
    target = run / (f"smallest-{service}.json" if service else "smallest.json")
    numbers, options = count(1), ["--force"] if force else []

    def fails(candidate: Schedule) -> bool:
        target.write_text(candidate.as_json(), "utf-8")
        reports = run / "shrinking" / f"{target.stem}-{next(numbers)}"
        verdicts = _run(folder, target, reports, ROUND_SECONDS * len(candidate.rounds), options)
        again = any(row["verdict"] == "failed" and row["service"] in services for row in verdicts)
        click.echo(f"{'fails ' if again else 'passes'}  {'; '.join(map(str, candidate.rounds))}")
        return again

    again = sum(fails(schedule) for _ in range(repeat))
    click.echo(f"its failed rounds alone fail in {again} of {repeat} runs")
    if not again:
        raise click.ClickException("they do not fail alone: it needs what the other clusters did, or it was chance")
    shrunk = smallest_of(schedule, fails, deadline)
    smallest = replace(shrunk.schedule, duration_s=ROUND_SECONDS)
    click.echo(f"{shrunk.steps} steps after {shrunk.runs} runs{'' if shrunk.done else ', and the time is over'}")
    click.echo(f"the smallest fails in {sum(fails(smallest) for _ in range(repeat))} of {repeat} runs")
    target.write_text(smallest.as_json(), "utf-8")
    click.echo(f"pytest tests/chaos --replay {target}")


def _run(
    inventory: Path, schedule: Path, reports: Path, seconds: float, options: Sequence[str]
) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "pytest", "tests/chaos", "-q", "--no-page", f"--reports={reports}"]
    command += [f"--inventory={inventory}", f"--replay={schedule}", *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise click.ClickException(f"a run took over {seconds:.0f} s and was ended; its watchdog heals") from None
    try:
        drills: list[dict[str, object]] = json.loads((reports / "latest" / "summary.json").read_text("utf-8"))["drills"]
    except OSError:
        raise click.ClickException(f"a run left no report: {(done.stdout + done.stderr)[-500:]}") from None
    return drills


@click.group()
def nightly() -> None:
    """A chaos run every night, by a systemd timer on this computer."""


@nightly.command()
@inventory_option
@click.option("--at", default="02:00", show_default=True, metavar="HH:MM", help="When it begins.")
@click.option("--duration", default="4h", show_default=True, metavar="TIME", help="No round begins later.")
@click.option("--consent", default="", metavar="HOST,..", help="Hosts that may be broken, outside the lab.")
@click.option("--print", "only_print", is_flag=True, help="Show the units, write nothing.")
def install(folder: Path, at: str, duration: str, consent: str, only_print: bool) -> None:
    """Write the units and start the timer."""
    read(folder)
    try:
        seconds_of(duration)
        units = {
            f"{timers.NAME}.service": timers.service(Path.cwd(), folder.absolute(), duration, consent),
            f"{timers.NAME}.timer": timers.timer(at),
        }
        if only_print:
            click.echo("\n".join(f"# {name}\n{text}" for name, text in units.items()))
            return
        timers.install(units)
    except (timers.NightlyError, ScheduleError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"every night at {at}, for {duration}: `hadrill nightly status`")


@nightly.command()
def status() -> None:
    """Show when it runs next, and how it ended last."""
    try:
        click.echo(timers.status())
    except timers.NightlyError as error:
        raise click.ClickException(str(error)) from error


@nightly.command()
def remove() -> None:
    """Take the timer away. A run that is under way ends, and heals what it broke."""
    try:
        click.echo("removed" if timers.remove() else "there was none")
    except (timers.NightlyError, OSError) as error:
        raise click.ClickException(str(error)) from error
