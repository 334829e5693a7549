"""The result of a run in a few lines: for the console, for people in Markdown, for programs in JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from hadrill.report import drills
from hadrill.report.outcome import Ending, LeftOutRow, Outcome
from hadrill.report.rows import DrillRow
from hadrill.report.screen import Screen

WIDTH = 90
SCORE = 10
MESSAGE_LINES = 6


@dataclass(frozen=True)
class Summary:
    """All outcomes of a suite. `seconds` is the time of the whole run, `check_seconds` that of its checks alone."""

    suite: str
    outcomes: tuple[Outcome, ...]
    seconds: float
    environment: dict[str, str]
    drills: tuple[DrillRow, ...] = ()
    check_seconds: float = 0.0
    left_out: tuple[LeftOutRow, ...] = ()

    @property
    def passed(self) -> int:
        """Checks that passed."""
        return sum(outcome.outcome == Ending.PASSED for outcome in self.outcomes)

    @property
    def total(self) -> int:
        """Checks that were to be made."""
        return len(self.outcomes)

    def modules(self) -> dict[str, list[Outcome]]:
        """Outcomes by module, in the order of the run."""
        modules: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            modules.setdefault(outcome.module, []).append(outcome)
        return modules

    @property
    def unreached(self) -> list[str]:
        """Why checks could not be made at all: each reason once, however many checks it is about."""
        return list(dict.fromkeys(outcome.unreached for outcome in self.outcomes if outcome.unreached))

    def console(self, screen: Screen) -> str:
        """The text for the console: reasons of many checks, the tables, and a line for each check that did not pass."""
        shown = [*screen.lines(*map(screen.text, self.unreached)), ""] if self.unreached else []
        shown += screen.lines(self._modules(screen)) if self.outcomes else []
        if self.outcomes or not self.drills:
            shown += screen.lines(self._total(screen))
        missing = [f"  left out: {row['module']} {row['check']}: {row['reason']}" for row in self.left_out]
        shown += screen.lines(*map(screen.text, missing)) if missing else []
        failed = [f"  {line}" for outcome in self.outcomes for line in _explained(outcome)]
        shown += screen.lines(*map(screen.text, failed)) if failed else []
        return "\n".join([*shown, *drills.table(self.drills, screen)])

    def _modules(self, screen: Screen) -> Table:
        width = max([len(module) for module in self.modules()] + [10]) + 3
        grid = Table.grid()
        grid.add_column(min_width=width, no_wrap=True)
        grid.add_column(min_width=WIDTH - SCORE - width, no_wrap=True)
        grid.add_column(min_width=SCORE, justify="right", vertical="bottom", no_wrap=True)
        for module, outcomes in self.modules().items():
            score = f"{sum(o.outcome == Ending.PASSED for o in outcomes)}/{len(outcomes)}"
            cells = screen.text("\n".join(_wrapped(list(_cells(outcomes)), WIDTH - SCORE - width)))
            cells.highlight_regex(r"\bok\b", "green")
            cells.highlight_regex(rf"\b({'|'.join(Ending).upper()})\b", "bold red")
            grid.add_row(screen.text(module), cells, score)
        return grid

    def _total(self, screen: Screen) -> Table:
        percent = 100 * self.passed // self.total if self.total else 0
        grid = Table.grid()
        grid.add_column(min_width=WIDTH - SCORE, no_wrap=True)
        grid.add_column(min_width=SCORE, justify="right", no_wrap=True)
        grid.add_column(no_wrap=True)
        style = "bold green" if self.outcomes and self.passed == self.total else "bold red"
        score = screen.text(f"{self.passed}/{self.total}", style)
        time = f"  ({percent}%)  {self.check_seconds:.1f} s"
        grid.add_row(screen.text(f"{self.suite.capitalize()} checks"), score, time)
        return grid

    def markdown(self) -> str:
        """The text of summary.md."""
        lines = [f"# {self.suite.capitalize()} run in {self.seconds:.1f} s", ""]
        lines += [line for reason in self.unreached for line in (f"**{reason}**", "")]
        if self.outcomes:
            lines += [f"## Checks: {self.passed}/{self.total} in {self.check_seconds:.1f} s", ""]
            lines += ["| module | check | outcome | seconds | host | cause |", "|---|---|---|---|---|---|"]
        for o in self.outcomes:
            cause = o.cause.replace("|", "\\|").replace("\n", " ")
            lines.append(f"| {o.module} | {o.check} | {o.outcome} | {o.seconds:.2f} | {o.host} | {cause} |")
        lines += [f"| {row['module']} | {row['check']} | left out | | | {row['reason']} |" for row in self.left_out]
        for o in self.outcomes:
            lines += drills.explained_in_markdown(f"{o.module} {o.check}", o.causes)
        lines += drills.markdown(self.drills)
        lines += ["", "## Environment", "", *[f"- {name}: {value}" for name, value in self.environment.items()], ""]
        return "\n".join(lines)

    def json(self) -> str:
        """The text of summary.json. `checks` has an object for each check, `modules` the passes and total of each."""
        content: dict[str, Any] = {
            "suite": self.suite,
            "passed": self.passed,
            "total": self.total,
            "seconds": round(self.seconds, 3),
            "check_seconds": round(self.check_seconds, 3),
            "modules": {
                module: {"passed": sum(o.outcome == Ending.PASSED for o in outcomes), "total": len(outcomes)}
                for module, outcomes in self.modules().items()
            },
            "environment": self.environment,
            "checks": [outcome.as_json() for outcome in self.outcomes],
            "left_out": list(self.left_out),
            "drills": list(self.drills),
        }
        return json.dumps(content, indent=1) + "\n"


def _wrapped(cells: list[str], width: int) -> list[str]:
    """Cells in as few rows as fit, never broken inside a cell."""
    rows = [""]
    for cell in cells:
        longer = f"{rows[-1]}  {cell}" if rows[-1] else cell
        if len(longer) > width and rows[-1]:
            rows.append(cell)
        else:
            rows[-1] = longer
    return rows


def _cells(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """`name ok` for a single check, `name 19/19` for one that was made on many hosts."""
    checks: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        checks.setdefault(outcome.check.partition("[")[0], []).append(outcome)
    for name, made in checks.items():
        passed = sum(o.outcome == Ending.PASSED for o in made)
        if len(made) > 1:
            yield f"{name} {passed}/{len(made)}"
        else:
            yield f"{name} {'ok' if passed else made[0].outcome.upper()}"


def _explained(outcome: Outcome) -> Iterator[str]:
    if outcome.outcome != Ending.PASSED:
        yield f"{outcome.module} {outcome.check}: {outcome.outcome}"
        if outcome.message == outcome.unreached:
            return
        yield from (f"    {line}" for line in outcome.message.splitlines()[:MESSAGE_LINES])
        yield from (f"    {line}" for line in drills.explained(outcome.causes))
