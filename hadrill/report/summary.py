"""The result of a run in a few lines: for the console, for people in Markdown, for programs in JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hadrill.report import drills
from hadrill.report.outcome import PASSED, Outcome

WIDTH = 90
MESSAGE_LINES = 6


@dataclass(frozen=True)
class Summary:
    """All outcomes of a suite. `seconds` is the time of the whole run; `drills` are results of drills."""

    suite: str
    outcomes: tuple[Outcome, ...]
    seconds: float
    environment: dict[str, str]
    drills: tuple[dict[str, Any], ...] = ()

    @property
    def passed(self) -> int:
        """Checks that passed."""
        return sum(outcome.outcome == PASSED for outcome in self.outcomes)

    @property
    def total(self) -> int:
        """Checks that were to be made."""
        return len(self.outcomes)

    def modules(self) -> dict[str, list[Outcome]]:
        """Outcomes by module, in the order of the run."""
        found: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            found.setdefault(outcome.module, []).append(outcome)
        return found

    @property
    def unreached(self) -> list[str]:
        """Why checks could not be made at all: one line a reason, however many checks it is about."""
        return list(dict.fromkeys(outcome.unreached for outcome in self.outcomes if outcome.unreached))

    def console(self) -> str:
        """Reasons that explain many checks; the table in plain ASCII; then a line for each check that did not pass."""
        lines = [*self.unreached, *([""] if self.unreached else [])]
        width = max([len(module) for module in self.modules()] + [10]) + 3
        for module, outcomes in self.modules().items():
            score = f"{sum(o.outcome == PASSED for o in outcomes)}/{len(outcomes)}"
            rows = _wrapped(list(_cells(outcomes)), WIDTH - 10 - width)
            lines += [" " * width + row for row in rows[:-1]]
            lines.append(f"{'':<{width}}{rows[-1]}".ljust(WIDTH - 10) + f"{score:>10}")
            lines[-len(rows)] = module.ljust(width) + lines[-len(rows)][width:]
        if self.outcomes or not self.drills:
            percent = 100 * self.passed // self.total if self.total else 0
            score = f"{self.passed}/{self.total}"
            title = f"{self.suite.capitalize()} checks"
            lines.append(title.ljust(WIDTH - 10) + f"{score:>10}  ({percent}%)  {self.seconds:.1f} s")
        lines += [f"  {line}" for outcome in self.outcomes for line in _explained(outcome)]
        return "\n".join([*lines, *drills.table(self.drills)]).encode("ascii", "backslashreplace").decode("ascii")

    def markdown(self) -> str:
        """The same as a page for people."""
        lines = [f"# {self.suite.capitalize()} run in {self.seconds:.1f} s", ""]
        lines += [line for reason in self.unreached for line in (f"**{reason}**", "")]
        if self.outcomes:
            lines += [f"## Checks: {self.passed}/{self.total}", ""]
            lines += ["| module | check | outcome | seconds | host | cause |", "|---|---|---|---|---|---|"]
        for o in self.outcomes:
            cause = o.cause.replace("|", "\\|").replace("\n", " ")
            lines.append(f"| {o.module} | {o.check} | {o.outcome} | {o.seconds:.2f} | {o.host} | {cause} |")
        for o in self.outcomes:
            lines += drills.explained_in_markdown(f"{o.module} {o.check}", o.as_json())
        lines += drills.markdown(self.drills)
        lines += ["", "## Environment", "", *[f"- {name}: {value}" for name, value in self.environment.items()], ""]
        return "\n".join(lines)

    def json(self) -> str:
        """The same for programs. `checks` holds one object a check, `modules` passed and total of each."""
        content: dict[str, Any] = {
            "suite": self.suite,
            "passed": self.passed,
            "total": self.total,
            "seconds": round(self.seconds, 3),
            "modules": {
                module: {"passed": sum(o.outcome == PASSED for o in outcomes), "total": len(outcomes)}
                for module, outcomes in self.modules().items()
            },
            "environment": self.environment,
            "checks": [outcome.as_json() for outcome in self.outcomes],
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
    for name, each in checks.items():
        passed = sum(o.outcome == PASSED for o in each)
        if len(each) > 1:
            yield f"{name} {passed}/{len(each)}"
        else:
            yield f"{name} {'ok' if passed else each[0].outcome.upper()}"


def _explained(outcome: Outcome) -> Iterator[str]:
    if outcome.outcome != PASSED:
        yield f"{outcome.module} {outcome.check}: {outcome.outcome}"
        if outcome.message == outcome.unreached:
            return
        yield from (f"    {line}" for line in outcome.message.splitlines()[:MESSAGE_LINES])
        yield from (f"    {line}" for line in drills.explained(outcome.as_json()))
