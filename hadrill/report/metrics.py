"""The last run in Prometheus' text format, for node_exporter's textfile collector."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from hadrill.report.drills import by_key, percentile
from hadrill.report.summary import Summary

VERDICTS = ("passed", "failed", "inconclusive", "unavailable", "error")


def metrics(summary: Summary, ended: float, worse: int = 0) -> str:
    """Gauges of one run. `ended` is Unix time; an old one says that no run came after it."""
    suite = {"suite": summary.suite}
    lines = [
        *_gauge("hadrill_run_end_time_seconds", "When the last run ended.", [(suite, ended)]),
        *_gauge("hadrill_run_duration_seconds", "How long it took.", [(suite, summary.seconds)]),
        *_gauge("hadrill_regressions", "Kinds of drills that got worse than in earlier runs.", [(suite, worse)]),
    ]
    if summary.outcomes:
        counts = [({**suite, "state": "passed"}, summary.passed), ({**suite, "state": "total"}, summary.total)]
        lines += _gauge("hadrill_checks", "Checks of the run.", counts)
    if summary.drills:
        verdicts = Counter(row["verdict"] for row in summary.drills)
        by_verdict = [({**suite, "verdict": name}, verdicts[name]) for name in VERDICTS]
        lines += _gauge("hadrill_drills", "Drills of the run by verdict.", by_verdict)
        lost = sum(row["lost"] or 0 for row in summary.drills)
        lines += _gauge("hadrill_lost_writes", "Acknowledged writes that were lost.", [(suite, lost)])
        lines += _gauge("hadrill_outage_seconds", "Outages at the entry point, by kind of drill.", _outages(summary))
    return "\n".join(lines) + "\n"


def _outages(summary: Summary) -> Iterator[tuple[dict[str, str], float]]:
    for rows in by_key(summary.drills).values():
        seconds = sorted(row["outage_s"] for row in rows if row["outage_s"] is not None)
        labels = {name: rows[0][name] for name in ("service", "role", "fault")}
        for name, percent in (("0.5", 50), ("1", 100)):
            if seconds:
                yield {**labels, "quantile": name}, percentile(seconds, percent)


def _gauge(name: str, text: str, values: Iterable[tuple[Mapping[str, str], float]]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"
    for labels, value in values:
        said = ",".join(f'{key}="{_escaped(each)}"' for key, each in labels.items())
        yield f"{name}{{{said}}} {value:.10g}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
