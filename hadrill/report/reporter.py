"""Collects the outcomes of a run of the suite, in the process that reports, and writes the run's files."""

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from hadrill.inventory import Inventory
from hadrill.report.allure import Page
from hadrill.report.chaos_page import write_chaos_page
from hadrill.report.memory import HistoryError, remember, remembered
from hadrill.report.outcome import DRILL, EXPERIMENT, LEFT_OUT, PROPERTY, Ending, LeftOutRow, Outcome
from hadrill.report.regression import Regression, regressions
from hadrill.report.rows import DrillRow
from hadrill.report.run_folder import point_latest_at, write_summary
from hadrill.report.salvage import kept
from hadrill.report.screen import Screen
from hadrill.report.secrets import Scrubber
from hadrill.report.summary import Summary
from hadrill.report.titles import titles

QUICK = ("basic", "hosts")
"""Suites that end within seconds."""

Span = tuple[float, float]
"""From one moment to another, in Unix time."""


class Reporter:
    """A pytest plugin for one run.

    `versions` is called once, at the end, and returns what is really running. With `gate` a chaos run also fails where
    something got worse; without `page` no index.html is made.
    """

    def __init__(
        self,
        config: pytest.Config,
        inventory: Inventory,
        suite: str,
        folder: Path,
        versions: Callable[[Inventory], dict[str, str]],
        *,
        gate: bool = False,
        page: bool = True,
    ) -> None:
        self.gate, self.wants_page = gate, page
        self.config, self.inventory, self.suite, self.folder, self.versions = config, inventory, suite, folder, versions
        self.started = time.monotonic()
        self.selected: dict[str, None] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.left_out: list[LeftOutRow] = []
        self.drills: list[DrillRow] = []
        self.lines: dict[str, int] = {}
        self.spans: dict[str, list[Span]] = {}
        self.worse: list[Regression] = []
        self.remarks: list[str] = []
        self.summary: Summary | None = None
        self.page: Page | None = None

    def pytest_sessionstart(self) -> None:
        """Load what draws the page while quick checks run; during a long run it would only take memory."""
        if self.suite in QUICK:
            self._load_page()

    def _load_page(self) -> None:
        if self.page is None and self.wants_page:
            self.page = Page(self.folder)

    def pytest_unconfigure(self) -> None:
        """End what draws the page, where the run was ended before it was drawn."""
        if self.page is not None:
            self.page.close()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember which checks were selected: those that an interrupted run leaves out have not passed."""
        self.selected.update(dict.fromkeys(item.nodeid for item in session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The same, where workers of xdist collect."""
        self.selected.update(dict.fromkeys(ids))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of xdist the folder of this run's results."""
        node.workerinput["hadrill_results"] = self.config.option.allure_report_dir
        node.workerinput["hadrill_groups"] = self.config.option.dist == "loadgroup"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the outcome of a check: of its call, or of whatever failed before or after it."""
        self.spans.setdefault(report.nodeid, []).append((report.start, report.stop))
        details = _details(report)
        shared: list[Any] = [value for name, value in report.user_properties if name == EXPERIMENT]
        self.drills += shared
        drilled: list[Any] = [value for name, value in report.user_properties if name == DRILL]
        if drilled and report.when != "teardown":
            self.drills += drilled if report.when == "call" else []
            self.selected.pop(report.nodeid, None)
            return
        if report.skipped:
            self.selected.pop(report.nodeid, None)
            rows: list[Any] = [value for name, value in report.user_properties if name == LEFT_OUT]
            self.left_out += rows
            return
        if report.when == "call" or report.failed:
            self.lines[report.nodeid] = report.location[1] or 0
            self.outcomes[report.nodeid] = Outcome(id=report.nodeid, seconds=round(report.duration, 3), **details)

    def _place(self, outcome: Outcome) -> tuple[int, int, str]:
        """The check's place in the report: as in the files, whichever worker was first."""
        known = list(titles().values())
        # A cluster among several has its name behind the title.
        of_title = (n for n, title in enumerate(known) if f"{outcome.module} ".startswith(f"{title} "))
        order = next(of_title, len(known))
        return order, self.lines.get(outcome.id, 0), outcome.id

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the run's files, also for a run that was interrupted before its first check had ended."""
        # Prometheus' library is loaded where its file is written, and by no worker.
        from hadrill.report.metrics import metrics

        if self.suite == "chaos":
            # A worker that was interrupted could not hand over the results of its rounds.
            known = {row["id"] for row in self.drills}
            self.drills += [row for row in kept(self.folder) if row["id"] not in known]
        if not self.outcomes and not self.drills and not self.selected:
            if not any(self.folder.iterdir()):
                self.folder.rmdir()
            return
        self._load_page()
        seconds = time.monotonic() - self.started
        name = f"{self.inventory.settings.name} ({self.inventory.folder})"
        environment = {"inventory": name, **self.versions(self.inventory)}
        outcomes = [*self.outcomes.values(), *(_not_made(test) for test in self.selected if test not in self.outcomes)]
        ordered = tuple(sorted(outcomes, key=self._place))
        busy = covered(span for test in self.outcomes for span in self.spans.get(test, ()))
        self.summary = Summary(
            self.suite, ordered, seconds, environment, tuple(self.drills), busy, tuple(self.left_out)
        )
        if self.suite == "chaos":
            self._finish_the_night(session, self.summary)
        remember(self.folder.parent, self.drills, self.inventory.credentials.values())
        write_summary(self.folder, self.summary)
        (self.folder / "metrics.prom").write_text(metrics(self.summary, time.time(), len(self.worse)), "utf-8")

    def _finish_the_night(self, session: pytest.Session, summary: Summary) -> None:
        """Compare with earlier runs, write the chaos page, and tell the webhook."""
        from hadrill.report.notify import message, tell

        green = session.exitstatus == pytest.ExitCode.OK
        try:
            self.worse = regressions(remembered(self.folder.parent), self.drills)
        except HistoryError as error:
            self.remarks.append(f"not compared with earlier runs: {error}")
        if green and self.gate and (self.worse or self.remarks):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            green = False
        write_chaos_page(self.folder, self.drills, self.worse, summary.environment, summary.seconds)
        scrub = Scrubber(self.inventory.credentials.values())
        text = scrub(message(summary, self.worse, self.folder, "passed" if green else "NOT PASSED"))
        (self.folder / "message.txt").write_text(text, "utf-8")
        if webhook := self.inventory.settings.notify.webhook:
            self.remarks += filter(None, [tell(webhook, text)])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table, and where the page is."""
        if self.summary is None:
            return
        # Allure's and JUnit's plugins write what exceptions say.
        scrub = Scrubber(self.inventory.credentials.values())
        scrub.files(self.folder)
        what = self.suite if self.suite in ("failover", "chaos") else f"{self.suite} checks"
        if self.page is not None:
            self.page.begin(f"hadrill: {what}", self.summary.environment)
        point_latest_at(self.folder)
        terminalreporter.section(f"{what} of {self.summary.environment['inventory']}")
        # pytest decided about colours; its own stream says UTF-8 wherever it is captured, so the real one is asked.
        screen = Screen(self.config.get_terminal_writer().hasmarkup, getattr(sys.__stdout__, "encoding", "ascii"))
        terminalreporter.write_line(scrub(self.summary.console(screen)))
        if self.suite == "chaos":
            terminalreporter.write_line(f"The night: {self.folder / 'chaos.html'}")
        for regression in self.worse:
            terminalreporter.write_line(f"worse than before: {regression}")
        for line in self.remarks:
            terminalreporter.write_line(line)
        left_out = f"no index.html, as asked: {self.folder / 'summary.md'}"
        problem = self.page.finish() if self.page is not None else left_out
        terminalreporter.write_line(problem or f"Report: {self.folder / 'index.html'}")


def _details(report: pytest.TestReport) -> dict[str, Any]:
    """What the plugin says of a check's end, as arguments of Outcome."""
    properties: list[Any] = [value for name, value in report.user_properties if name == PROPERTY]
    if not properties:
        return {}
    details: dict[str, Any] = properties[-1]
    return details | {"outcome": Ending(details["outcome"])}


def covered(spans: Iterable[Span]) -> float:
    """Seconds that lie in at least one of the spans: checks of several workers may run at once."""
    total, until = 0.0, 0.0
    for start, stop in sorted(spans):
        total += max(0.0, stop - max(start, until))
        until = max(until, stop)
    return total


def _not_made(nodeid: str) -> Outcome:
    path, _, name = nodeid.partition("::")
    service, cause = Path(path).stem.removeprefix("test_"), "the run ended before this check"
    module = titles().get(service, service)
    return Outcome(nodeid, module, name.removeprefix("test_"), Ending.INCONCLUSIVE, 0.0, "", cause, cause)
