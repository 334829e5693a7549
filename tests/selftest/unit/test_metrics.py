"""Prometheus' text format, and comparing two runs from the command line."""

import json
from pathlib import Path

from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from hadrill.cli.results import compare
from hadrill.drill.result import Result
from hadrill.drill.verdict import Verdict
from hadrill.report.metrics import metrics
from hadrill.report.outcome import Ending, Outcome
from hadrill.report.rows import DrillRow
from hadrill.report.summary import Summary


def rows(*outages: float | None) -> list[DrillRow]:
    made = [Result(str(n), "redis", "redis-01", "master", 'kill "it"', Verdict.PASSED) for n in range(len(outages))]
    for result, outage in zip(made, outages, strict=True):
        result.outage_s, result.lost = outage, 1
    return [result.as_json() for result in made]


def test_prometheus_reads_what_the_run_was() -> None:
    check = Outcome("t::a", "Redis", "connectivity", Ending.PASSED, 0.1)
    text = metrics(Summary("chaos", (check,), 61.5, {}, tuple(rows(6.0, 7.0, None))), 1_700_000_000.0, worse=2)
    families = list(text_string_to_metric_families(text))
    assert {family.type for family in families} == {"gauge"}
    assert len(families) == len({family.name for family in families})
    samples = {
        (sample.name.removeprefix("hadrill_"), *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }
    assert samples == {
        ("run_end_time_seconds", "chaos"): 1_700_000_000.0,
        ("run_duration_seconds", "chaos"): 61.5,
        ("regressions", "chaos"): 2.0,
        ("checks", "chaos", "passed"): 1.0,
        ("checks", "chaos", "total"): 1.0,
        ("drills", "chaos", "passed"): 3.0,
        ("drills", "chaos", "failed"): 0.0,
        ("drills", "chaos", "inconclusive"): 0.0,
        ("drills", "chaos", "unavailable"): 0.0,
        ("drills", "chaos", "error"): 0.0,
        ("lost_writes", "chaos"): 3.0,
        ("outage_seconds", "0.5", 'kill "it"', "master", "redis"): 6.5,
        ("outage_seconds", "1", 'kill "it"', "master", "redis"): 7.0,
    }


def test_two_runs_are_compared(tmp_path: Path) -> None:
    for name, outages in {"before": (6.0, 6.1, 6.2, 6.3, 6.4), "now": (8.0, 8.1, 8.2, 8.3, 8.4)}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(json.dumps({"drills": rows(*outages)}), "utf-8")
    (tmp_path / "empty").mkdir()

    def compared(*folders: str) -> tuple[int, str]:
        done = CliRunner().invoke(compare, [str(tmp_path / folder) for folder in folders])
        return done.exit_code, done.output

    assert compared("before", "before") == (0, "nothing got worse in 1 kinds of drills that both runs made\n")
    assert compared("now", "before")[0] == 0
    status, text = compared("before", "now")
    assert (status, "median outage 6.20 s -> 8.20 s" in text) == (1, True)
    assert compared("before", "empty")[0] == 1
