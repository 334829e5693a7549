"""index.html: Allure's report as one file that loads nothing from elsewhere."""

import json
import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from hadrill.report.allure_program import NoAllureError, allure_program

MAKER = Path(__file__).parent / "page.mjs"
GENERATE_SECONDS = 120
# Allure embeds a script that tells its makers about each report that somebody opens.
ANALYTICS = re.compile(
    r"<script async src=\"https://www\.googletagmanager\.com.*?</script>\s*<script>.*?</script>", re.S
)
CATEGORIES = [
    {"name": "Unreachable host", "messageRegex": "does not answer at all|UnreachableError"},
    {"name": "Failed check", "matchedStatuses": ["failed"]},
    {"name": "Inconclusive", "matchedStatuses": ["broken"]},
]


class Page:
    """Makes index.html of one run: starts a program that loads Allure while checks still run, and draws at their end.

    Nothing is raised: finish() returns a sentence about what went wrong. The run's other files are not touched.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._settings = folder, folder / "allurerc.json"
        self._problem = "nothing was to be drawn"
        self._maker: subprocess.Popen[str] | None = None
        try:
            program = allure_program()
            self._maker = subprocess.Popen(
                ["node", str(MAKER), str(program)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=folder,
                env={**os.environ, "NO_COLOR": "1"},
                start_new_session=True,  # Ctrl-C ends the checks; what was checked is still to be drawn
            )
        except NoAllureError as error:
            self._problem = str(error)
        except OSError as error:
            self._problem = f"Allure could not run: {error}"

    def begin(self, title: str, environment: dict[str, str]) -> None:
        """Begin to draw: all results are there."""
        if self._maker is None or self._maker.stdin is None:
            return
        settings = {
            "name": title,
            "output": str(self._folder / "allure-page"),
            "historyPath": str(self._folder.parent / "allure-history.jsonl"),
            "variables": environment,
            "categories": CATEGORIES,
            "plugins": {"awesome": {"options": {"singleFile": True, "groupBy": ["parentSuite", "suite"]}}},
        }
        self._settings.write_text(json.dumps(settings), "utf-8")
        order = {"config": str(self._settings), "results": str(self._folder / "allure-results")}
        # One that has ended already says why in finish().
        with suppress(BrokenPipeError):
            self._maker.stdin.write(json.dumps(order) + "\n")
            self._maker.stdin.flush()

    def finish(self) -> str:
        """Wait for the page. Returns why there is none; empty where there is one."""
        try:
            if self._maker is not None:
                output, _ = self._maker.communicate(timeout=GENERATE_SECONDS)
                self._problem = f"Allure ended with {self._maker.returncode}: {output.strip()[-300:]}"
            made = next(iter((self._folder / "allure-page").rglob("index.html")), None)
            if made is None:
                return f"no index.html: {self._problem}"
            (self._folder / "index.html").write_text(ANALYTICS.sub("", made.read_text("utf-8")), "utf-8")
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"no index.html: Allure could not run: {error}"
        finally:
            self.close()
        return ""

    def close(self) -> None:
        """End the program, whether or not it has drawn, and remove its own files."""
        if self._maker is not None:
            self._maker.kill()
            self._maker.communicate()
            self._maker = None
        self._settings.unlink(missing_ok=True)
        shutil.rmtree(self._folder / "allure-page", ignore_errors=True)
