"""The part of the pytest plugin for `pytest tests/chaos`: its options, the schedule, and a lane for each service."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hadrill.chaos.draw import draw
from hadrill.chaos.possible import possible
from hadrill.chaos.progress import Progress, note, told
from hadrill.chaos.rounds import RoundsOf
from hadrill.chaos.schedule import Schedule, ScheduleError, numbers_of, seconds_of
from hadrill.drill.errors import DrillBrokenError, DrillFailedError, DrillInconclusiveError
from hadrill.drill.result import ERROR, FAILED, INCONCLUSIVE, PASSED, Result
from hadrill.drill.session import Session
from hadrill.inventory import InvalidInventoryError, Inventory, read
from hadrill.plugin import suite_of
from hadrill.pytest_plugin.drills import attach, usual_rate
from hadrill.pytest_plugin.options import options_of
from hadrill.pytest_plugin.stash import INVENTORY
from hadrill.pytest_plugin.terminal import line_writer
from hadrill.report.drills import remedy
from hadrill.report.outcome import DRILL
from hadrill.report.salvage import salvage, sign
from hadrill.report.secrets import Scrubber

SCHEDULE = pytest.StashKey[Schedule]()
PROGRESS = pytest.StashKey[Progress]()
FILE = "schedule.json"
ENDS = ((FAILED, DrillFailedError), (ERROR, DrillBrokenError), (INCONCLUSIVE, DrillInconclusiveError))
"""What the test of a service's rounds raises, the worst first."""
RATE_SHARE = 0.5
"""The share of a drill's rate: several rounds run at once, and must leave processors for what they break."""
PLACES = max(2, os.cpu_count() or 1)
"""How many rounds run at once: with more their clients get too little of the processors, and healthy clusters fail."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """`--plan` only prints; else every service gets a process of its own, as experiments heal in the main thread."""
    if suite_of(config) != "chaos" or hasattr(config, "workerinput") or config.option.collectonly:
        return None
    try:
        schedule = _schedule(config, read(options_of(config).folder))
    except InvalidInventoryError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[SCHEDULE] = schedule
    if options_of(config).plan:
        print("\n".join(schedule.table()))
        return 0
    if config.option.numprocesses is None:
        config.option.numprocesses = len(schedule.labels)
        config.option.dist = "loadgroup"
    # For the services' processes: their hundreds of threads would fill arenas of their own, which never shrink.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Write the schedule into the run's folder, where the services' processes read it."""
    config.addinivalue_line("markers", "chaos: lanes of a chaos run (tests/chaos)")
    if suite_of(config) != "chaos" or INVENTORY not in config.stash:
        return
    # pytest keeps what drivers log until a test ends, which here takes hours: 21 KiB for each connection that pika
    # misses.
    logging.disable(logging.CRITICAL)
    file = Path(config.option.allure_report_dir).parent / FILE
    if hasattr(config, "workerinput"):
        config.stash[SCHEDULE] = Schedule.read(file)
    elif SCHEDULE in config.stash:
        file.write_text(config.stash[SCHEDULE].as_json(), "utf-8")
        sign(file.parent)
        for folder in salvage(file.parent.parent, config.stash[INVENTORY].credentials.values()):
            print(f"written for a run that was cut short: {folder / 'chaos.html'}")


def pytest_report_header(config: pytest.Config) -> str | None:
    """The seed and the length of this run, by which it can be made again."""
    if SCHEDULE not in config.stash:
        return None
    schedule = config.stash[SCHEDULE]
    return f"chaos: seed {schedule.seed}, {schedule.duration_s:.0f} s, at most {len(schedule.rounds)} rounds"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to print every round that ends."""
    config = session.config
    if SCHEDULE in config.stash and not hasattr(config, "workerinput"):
        config.stash[PROGRESS] = Progress(Path(config.option.allure_report_dir).parent, line_writer(config))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Print what is not printed yet."""
    if PROGRESS in session.config.stash:
        session.config.stash[PROGRESS].close()


def _schedule(config: pytest.Config, inventory: Inventory) -> Schedule:
    option = options_of(config)
    try:
        if option.replay is not None:
            schedule = possible(Schedule.read(option.replay, inventory.settings.name), inventory)
        else:
            seed = int(time.time()) if option.seed is None else option.seed
            services = [option.service] if option.service else []
            clusters = [option.cluster] if option.cluster else []
            schedule = draw(seed, seconds_of(option.duration), inventory, services, clusters)
        return schedule.only(numbers_of(option.only)) if option.only else schedule
    except ScheduleError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each cluster of the schedule; its argument `lane` is the cluster's label."""
    if "lane" in metafunc.fixturenames and SCHEDULE in metafunc.config.stash:
        labels = metafunc.config.stash[SCHEDULE].labels
        lanes = [pytest.param(name, marks=pytest.mark.xdist_group(name), id=name) for name in labels]
        metafunc.parametrize("lane", lanes)


@pytest.fixture
def chaos(request: pytest.FixtureRequest, drills: Session) -> Callable[[str], list[Result]]:
    """Make the rounds of one service until the time is over, or a promise is broken."""
    schedule = request.config.stash[SCHEDULE]
    drills.rate = options_of(request.config).rate or RATE_SHARE * usual_rate(PLACES)

    scrub = Scrubber(drills.inventory.credentials.values())

    def keep(result: Result, folder: Path) -> None:
        request.node.user_properties.append((DRILL, result.as_json()))
        note(drills.folder.parent, scrub(told(result)))
        # The page would hold every history of the night.
        if result.verdict != PASSED:
            attach(result, folder)

    def run(service: str) -> list[Result]:
        made = RoundsOf(drills, schedule, service, PLACES, keep).run()
        return _judged(made, drills.folder.parent / FILE)

    return run


def _judged(made: list[Result], schedule: Path) -> list[Result]:
    """The results of a service's rounds. Raises for the worst verdict among them, and says how to make those again."""
    if not made:
        raise DrillInconclusiveError("not one round was made before the time was over")
    for verdict, error in ENDS:
        bad = [result for result in made if result.verdict == verdict]
        if bad:
            lines = []
            for result in bad:
                lines.append(f"round {result.round}, {result.fault} on {result.node or '-'}: {result.cause}")
                lines += remedy(result.as_json())
            again = ",".join(str(result.round) for result in bad)
            raise error("\n".join([*lines, f"again: pytest tests/chaos --replay {schedule} --only {again}"]))
    return made
