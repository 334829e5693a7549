"""One cause on the lab: it is named first while it is there; before and after, nothing is named and all is whole."""

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path

from hadrill.diagnosis import Diagnosis, Facts, Reply
from hadrill.inventory import Inventory
from hadrill.remote import Remote
from hadrill.report.secrets import Scrubber
from hadrill.services.abilities import Diagnosed
from hadrill.services.cluster import Cluster
from hadrill.services.clusters import cluster_of
from hadrill.timing import Deadline, eventually
from tests.selftest.lab.suite import run_suite
from tests.selftest.sabotage.bench import Sabotage, sabotaged
from tests.selftest.side_by_side import Room

SHOWS_SECONDS = 60.0
"""Sentinel and Patroni look at what they depend on each ten seconds; a loss shows after `ttl`."""
HEALED_SECONDS = 120.0
LOG_LINES = 6
COLUMNS = ("pxname", "svname", "status", "addr", "check_desc", "last_chk")


@dataclass(frozen=True)
class Trial:
    """What a trial of one service works with. Who meets other services' trials on a host is alone in the room."""

    inventory: Inventory
    ssh: Remote
    service: str
    reports: Path
    keep: Path | None
    room: Room

    @property
    def cluster(self) -> Cluster:
        """Of its service."""
        return cluster_of(self.inventory, self.ssh, self.service)


def named_first(cluster: Cluster, case: Sabotage, reports: Path, keep: Path | None) -> None:
    """Bring the cause about, see it named, by the basic checks too, and take it back. `keep`: where facts are kept."""
    inventory, ssh, service = cluster.inventory, cluster.remote, cluster.service
    _whole(cluster)
    with sabotaged(inventory, ssh, case):

        def elsewhere() -> str | None:
            diagnosis = _diagnosis(cluster)
            names = [cause.name for cause in diagnosis.causes]
            if names[:1] != [case.cause]:
                return f"{names} instead of {case.cause}"
            if keep is not None:
                text = Scrubber(inventory.credentials.values())(_small(diagnosis.facts).as_json())
                (keep / f"{service}-{case.cause}.json").write_text(text + "\n", "utf-8")
            return None

        eventually(f"{case.cause} to be named first", elsewhere, Deadline(SHOWS_SECONDS))
        if case.late:
            eventually(
                "the cluster to show it",
                lambda: None if cluster.why_not_healthy() else "whole",
                Deadline(SHOWS_SECONDS),
            )
        mine = f"--inventory={inventory.folder}"
        summary = run_suite(f"tests/basic/test_{service}.py", reports, mine, "--no-page")
    _whole(cluster)
    failed = {check["check"]: check for check in summary["checks"] if check["outcome"] != "passed"}
    assert (case.fails in failed) if case.fails else set(failed) <= {case.passing}, summary["console"]
    for check in failed.values():
        assert [cause["name"] for cause in check["causes"]][:1] == [case.cause], summary["console"]


def _small(facts: Facts) -> Facts:
    """Facts with the last lines of each log, and of each statistics page the columns that rules read."""

    def cut(name: str, answer: Reply) -> Reply:
        if name.endswith("log"):
            return replace(answer, text="\n".join(answer.text.splitlines()[-LOG_LINES:]))
        if name == "statistics":
            head, _, body = answer.text.partition("\r\n\r\n# ")
            rows = csv.DictReader(io.StringIO(body))
            lines = [",".join(COLUMNS), *(",".join(row[column] or "" for column in COLUMNS) for row in rows)]
            return replace(answer, text="\r\n\r\n# ".join([head.splitlines()[0], "\n".join(lines)]) if body else "")
        return answer

    return Facts(
        {
            name: replace(host, answers={question: cut(question, answer) for question, answer in host.answers.items()})
            for name, host in facts.hosts.items()
        }
    )


def _whole(cluster: Cluster) -> None:
    eventually(f"{cluster.service} to be whole", cluster.why_not_healthy, Deadline(HEALED_SECONDS))
    eventually("no cause to be left", lambda: _causes(cluster) or None, Deadline(HEALED_SECONDS))


def _causes(cluster: Cluster) -> list[str]:
    return [cause.name for cause in _diagnosis(cluster).causes]


def _diagnosis(cluster: Cluster) -> Diagnosis:
    assert isinstance(cluster, Diagnosed)
    diagnosis = cluster.diagnose()
    assert not diagnosis.silent, diagnosis.silent
    return diagnosis
