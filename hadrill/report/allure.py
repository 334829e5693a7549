"""index.html: Allure's report as one file that asks nothing of the outside."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

HOME = Path(__file__).parents[2] / "tools" / "allure" / "node_modules" / ".bin" / "allure"
GENERATE_SECONDS = 120
# Allure embeds a script that tells its makers about each report that is opened.
ANALYTICS = re.compile(
    r"<script async src=\"https://www\.googletagmanager\.com.*?</script>\s*<script>.*?</script>", re.S
)
CATEGORIES = [
    {"name": "Unreachable host", "messageRegex": "does not answer at all|UnreachableError"},
    {"name": "Failed check", "matchedStatuses": ["failed"]},
    {"name": "Inconclusive", "matchedStatuses": ["broken"]},
]


def write_page(folder: Path, title: str, environment: dict[str, str]) -> str:
    """Make index.html from allure-results. Returns what went wrong, or nothing; other files stay."""
    program = str(HOME) if HOME.exists() else shutil.which("allure")
    if program is None:
        return "no index.html: Allure is not installed (`make setup`, or: npm ci --prefix tools/allure)"
    page = folder / "index.html"
    settings = folder / "allurerc.json"
    settings.write_text(
        json.dumps(
            {
                "name": title,
                "output": str(folder / "allure-page"),
                "historyPath": str(folder.parent / "allure-history.jsonl"),
                "variables": environment,
                "categories": CATEGORIES,
                "plugins": {"awesome": {"options": {"singleFile": True, "groupBy": ["parentSuite", "suite"]}}},
            }
        ),
        "utf-8",
    )
    command = [program, "generate", "--config", str(settings), str(folder / "allure-results")]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=GENERATE_SECONDS,
            check=False,
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1"},
        )
        made = next(iter((folder / "allure-page").rglob("index.html")), None)
        if made is None:
            return f"no index.html: Allure ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}"
        page.write_text(ANALYTICS.sub("", made.read_text("utf-8")), "utf-8")
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no index.html: Allure could not run: {error}"
    finally:
        settings.unlink()
        shutil.rmtree(folder / "allure-page", ignore_errors=True)
    return ""
