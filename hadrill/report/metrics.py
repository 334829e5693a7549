"""The last run in Prometheus' text format, for node_exporter's textfile collector."""

import statistics
from collections import Counter

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from hadrill.report.drills import by_key, label_of
from hadrill.report.summary import Summary
from hadrill.report.verdict import Verdict


def metrics(summary: Summary, ended: float, worse: int = 0) -> str:
    """Gauges of one run. `ended` is Unix time: where it is old no run has been made since."""
    registry = CollectorRegistry()

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"hadrill_{name}", text, labels, registry=registry)

    suite = summary.suite
    gauge("run_end_time_seconds", "When the last run ended.", "suite").labels(suite).set(ended)
    gauge("run_duration_seconds", "How long it took.", "suite").labels(suite).set(summary.seconds)
    gauge("regressions", "Kinds of drills that got worse than in earlier runs.", "suite").labels(suite).set(worse)
    if summary.outcomes:
        checks = gauge("checks", "Checks of the run.", "suite", "state")
        checks.labels(suite, "passed").set(summary.passed)
        checks.labels(suite, "total").set(summary.total)
    if summary.drills:
        drills = gauge("drills", "Drills of the run by verdict.", "suite", "verdict")
        verdicts = Counter(row["verdict"] for row in summary.drills)
        for verdict in Verdict:
            drills.labels(suite, verdict).set(verdicts[verdict])
        lost = sum(row["lost"] or 0 for row in summary.drills)
        gauge("lost_writes", "Acknowledged writes that were lost.", "suite").labels(suite).set(lost)
        labels = ("service", "role", "fault", "quantile")
        outages = gauge("outage_seconds", "Outages at the entry point, by kind of drill.", *labels)
        for rows in by_key(summary.drills).values():
            seconds = [row["outage_s"] for row in rows if row["outage_s"] is not None]
            kind = (label_of(rows[0]), rows[0]["role"], rows[0]["fault"])
            if seconds:
                outages.labels(*kind, "0.5").set(statistics.median(seconds))
                outages.labels(*kind, "1").set(max(seconds))
    return generate_latest(registry).decode("utf-8")
