"""Prometheus' text format, and comparing two runs from the command line."""

import json
from pathlib import Path

from click.testing import CliRunner

from hadrill.cli.results import compare
from hadrill.drill.result import Result
from hadrill.drill.verdict import Verdict
from hadrill.report.metrics import metrics
from hadrill.report.outcome import Outcome
from hadrill.report.summary import Summary


def rows(*outages: float | None) -> list[dict[str, object]]:
    made = [Result(str(n), "redis", "redis-01", "master", 'kill "it"', Verdict.PASSED) for n in range(len(outages))]
    for result, outage in zip(made, outages, strict=True):
        result.outage_s, result.lost = outage, 1
    return [result.as_json() for result in made]


def test_every_line_is_a_sample_or_says_what_follows() -> None:
    check = Outcome("t::a", "Redis", "connectivity", "passed", 0.1)
    text = metrics(Summary("chaos", (check,), 61.5, {}, tuple(rows(6.0, 7.0, None))), 1_700_000_000.0, worse=2)
    lines = text.splitlines()
    assert 'hadrill_run_end_time_seconds{suite="chaos"} 1700000000' in lines
    assert 'hadrill_drills{suite="chaos",verdict="passed"} 3' in lines
    assert 'hadrill_drills{suite="chaos",verdict="failed"} 0' in lines
    assert 'hadrill_lost_writes{suite="chaos"} 3' in lines
    assert 'hadrill_regressions{suite="chaos"} 2' in lines
    labels = 'service="redis",role="master",fault="kill \\"it\\""'
    assert f'hadrill_outage_seconds{{{labels},quantile="1"}} 7' in lines
    named = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(named) == len(set(named))
    assert {line.partition("{")[0] for line in lines if not line.startswith("#")} == set(named)


def test_two_runs_are_compared(tmp_path: Path) -> None:
    for name, outages in {"before": (6.0, 6.1, 6.2, 6.3, 6.4), "now": (8.0, 8.1, 8.2, 8.3, 8.4)}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(json.dumps({"drills": rows(*outages)}), "utf-8")
    (tmp_path / "empty").mkdir()

    def said(*folders: str) -> tuple[int, str]:
        done = CliRunner().invoke(compare, [str(tmp_path / folder) for folder in folders])
        return done.exit_code, done.output

    assert said("before", "before") == (0, "nothing got worse in 1 kinds of drills that both runs made\n")
    assert said("now", "before")[0] == 0
    status, text = said("before", "now")
    assert (status, "median outage 6.20 s -> 8.20 s" in text) == (1, True)
    assert said("before", "empty")[0] == 1
