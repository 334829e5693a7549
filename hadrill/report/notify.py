"""A run in a few lines, for mail and for chats with a webhook. Where nobody can be told the verdict stays the same."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from hadrill.report.drills import counted, label_of
from hadrill.report.regression import Regression
from hadrill.report.summary import Summary
from hadrill.report.verdict import Verdict

SECONDS = 10.0
FIRST_ERROR_STATUS = 300
MOST = 10
"""Of more failures only the number is told: the report has them."""


def message(summary: Summary, worse: Sequence[Regression], folder: Path, verdict: str) -> str:
    """The verdict first, then what failed and what got worse, then where the report is."""
    lost = sum(row["lost"] or 0 for row in summary.drills)
    head = f"hadrill {summary.suite} on {summary.environment['inventory']}: {verdict}"
    lines = [head, f"{counted(summary.drills)} in {summary.seconds / 60:.1f} min, {lost} acknowledged writes lost"]
    bad = [row for row in summary.drills if row["verdict"] in (Verdict.FAILED, Verdict.ERROR)]
    for row in bad[:MOST]:
        cause = str(row["cause"]).partition("\n")[0]
        lines.append(f"{row['verdict']}: {label_of(row)}, {row['fault']} on {row['node'] or '-'}: {cause}")
    lines += [f"and {len(bad) - MOST} more"] if len(bad) > MOST else []
    lines += [f"worse than before: {regression}" for regression in worse]
    return "\n".join([*lines, f"report: {folder}", ""])


def tell(webhook: str, text: str) -> str:
    """POST `{"text": ...}`. Returns why nobody was told, without the address, which is often a secret; else empty."""
    host = urlsplit(webhook).hostname
    try:
        answer = urllib3.request("POST", webhook, json={"text": text}, timeout=SECONDS, retries=False, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        return f"{host} was not told: {type(error).__name__}"
    if answer.status >= FIRST_ERROR_STATUS:
        return f"{host} was not told: it answered {answer.status}"
    return ""
