"""The evidence that an experiment keeps: its history, its timeline, and the members' roles, logs and configuration."""

import json
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hadrill.diagnosis import Facts
from hadrill.drill.observer import Span
from hadrill.drill.result import Result
from hadrill.inventory.cluster import label
from hadrill.placement import files
from hadrill.remote import Remote, RemoteError
from hadrill.report.secrets import Scrubber
from hadrill.report.timeline_svg import Box, Mark, Picture, draw
from hadrill.services.cluster import Cluster
from hadrill.timing import Event
from hadrill.workload import History

ERROR_FILE = "error.txt"
LOG_LINES = 400
BEFORE_SECONDS = 2.0
FAULT, HEAL, BUDGET, PHASE = "#d1383d", "#2a9d4a", "#888888", "#7a3fb5"


@dataclass(frozen=True)
class Record:
    """All that evidence is made from. `moments` are when steps began and `converged`; `spans` are the members' roles.

    `facts` are what the hosts said to a diagnosis, where there was one.
    """

    folder: Path
    result: Result
    cluster: Cluster
    remote: Remote
    secrets: frozenset[str]
    lanes: Sequence[str]
    history: History
    spans: Mapping[str, Sequence[Span]]
    events: Sequence[Event]
    moments: Mapping[str, float]
    facts: Facts | None = None


def keep_evidence(record: Record) -> None:
    """Write everything into the experiment's folder, without secrets."""
    folder, result = record.folder, record.result
    folder.mkdir(parents=True, exist_ok=True)
    scrub = Scrubber(record.secrets)
    zero = record.moments["inject"]
    # As one text: drivers' errors may hold anything, and a history has thousands of lines.
    (folder / "history.jsonl").write_text(scrub(record.history.as_lines(zero)), "utf-8")
    keep_events(folder, record.events, zero, scrub)
    (folder / "timeline.svg").write_text(scrub(draw(_picture(record))), "utf-8")
    roles = {
        name: [{"at": round(span.start - zero, 3), "role": span.role, "leads": span.leads} for span in spans]
        for name, spans in record.spans.items()
    }
    (folder / "members.json").write_text(scrub(json.dumps(roles, indent=1)) + "\n", "utf-8")
    if record.facts is not None:
        keep_facts(folder, record.facts, record.secrets)
    for name, program in _questions(record).items():
        asked = partial(record.remote.attempt, command=program)
        for host, answer in record.remote.everywhere(record.cluster.members, asked).items():
            text = str(answer) if isinstance(answer, RemoteError) else answer.stdout
            (folder / f"{host}.{name}").write_text(scrub(text), "utf-8")
    result.folder = str(folder)
    result.evidence = sorted(file.name for file in folder.iterdir())


def keep_events(folder: Path, events: Iterable[Event], zero: float, scrub: Callable[[str], str]) -> None:
    """Write timeline.json: what happened when, in seconds after `zero`."""
    rows = [
        {"at": round(event.at - zero, 3), "source": event.source, "text": event.text, "phase": event.phase}
        for event in events
    ]
    (folder / "timeline.json").write_text(scrub(json.dumps(rows, indent=1)) + "\n", "utf-8")


def keep_facts(folder: Path, facts: Facts, secrets: Iterable[str]) -> None:
    """Write facts.json: what the hosts said when they were asked for a cause."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "facts.json").write_text(Scrubber(secrets)(facts.as_json()) + "\n", "utf-8")


def keep_error(folder: Path, error: Exception, secrets: Iterable[str]) -> str:
    """Write the traceback of a bug. Returns the bug in one line, also where the file could not be written."""
    scrub, kept = Scrubber(secrets), str(folder / ERROR_FILE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ERROR_FILE).write_text(scrub("".join(traceback.format_exception(error))), "utf-8")
    except OSError as problem:
        kept = f"its traceback is not kept: {problem}"
    where = traceback.extract_tb(error.__traceback__)[-1]
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return scrub(f"a bug of hadrill's own: {what} ({Path(where.filename).name}:{where.lineno}; {kept})")


def keep_result(folder: Path, result: Result, secrets: Iterable[str]) -> None:
    """Write result.json, also where nothing else is kept: a report can be made from it when the run was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result.as_json(), indent=1) + "\n"
    (folder / "result.json").write_text(Scrubber(secrets)(text), "utf-8")


def _questions(record: Record) -> dict[str, str]:
    """What every member is asked afterwards: its log around the fault, and its configuration."""
    seconds = int(record.moments["converged"] - record.moments["steady state"]) + 5
    its = record.cluster.placement(record.result.role)
    return {"log": its.logs(seconds, LOG_LINES, supervisor=True), "conf": files.settings_shown(its.configuration)}


def _picture(record: Record) -> Picture:
    result, moments = record.result, record.moments
    zero, end = moments["inject"], moments["converged"]
    marks = [Mark(zero, "fault", FAULT), Mark(moments["heal"], "heal", HEAL)]
    marks += [Mark(zero + seconds, phase, PHASE) for phase, seconds in result.phases.items()]
    if result.budget_s is not None and zero + result.budget_s <= end:
        marks.append(Mark(zero + result.budget_s, "budget", BUDGET))
    boxes = {
        name: [
            Box(span.start, until, span.role, span.leads)
            for span, until in zip(spans, [*(later.start for later in spans[1:]), end], strict=True)
        ]
        for name, spans in record.spans.items()
    }
    counts = f"lost {result.lost}, unknown {result.unknown}, acknowledged {result.acknowledged}"
    cluster = label(result.service, result.cluster)
    return Picture(
        title=f"{cluster} {result.fault} on {result.node} ({result.role}): {result.verdict}",
        subtitle=f"outage {result.outage_s} s, budget {result.budget_s} s, {counts}",
        start=zero - BEFORE_SECONDS,
        zero=zero,
        end=end,
        strips={
            lane: [(operation.end, operation.outcome) for operation in record.history.operations(lane)]
            for lane in record.lanes
        },
        members=boxes,
        marks=marks,
    )
