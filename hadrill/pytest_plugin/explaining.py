"""The part of the pytest plugin that says what a check found instead of where in the code it was found."""

from collections.abc import Generator
from typing import Any

import allure
import pytest

from hadrill.diagnosis.unreached import UnreachedError
from hadrill.drill.errors import DrillFailedError
from hadrill.inventory import Host, NamedCluster
from hadrill.plugin import EXAMINER, UNREACHED, suite_of
from hadrill.pytest_plugin.failure import explain
from hadrill.pytest_plugin.stash import INVENTORY
from hadrill.report.outcome import LEFT_OUT, PROPERTY
from hadrill.report.secrets import Scrubber
from hadrill.report.titles import titles
from hadrill.services.clusters import CLUSTERS
from hadrill.services.finding import LeftOutError

LEFT = pytest.StashKey[str]()
"""Why a check was left out."""
CHECKS = ("basic", "hosts")
"""Suites of checks, which together wait only once for a dead host. Drills do not: they make hosts dead."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a check at once where its hosts are known to answer nobody."""
    if reason := _why_not(item):
        raise UnreachedError(reason)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Leave out a check of something that the stack does not have."""
    try:
        return (yield)
    except LeftOutError as error:
        pyfuncitem.stash[LEFT] = str(error)
        pytest.skip(f"left out: {error}")


def _why_not(item: pytest.Item) -> str:
    """Why a check cannot be made, where none of the hosts that it is about answers, as far as that is known."""
    if INVENTORY not in item.config.stash or suite_of(item.config) not in CHECKS:
        return ""
    mark = item.get_closest_marker("service")
    name = mark.args[0] if mark else ""
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if isinstance(host := parameters.get("host"), Host):
        hosts = [host]
    elif name in CLUSTERS:
        about = _cluster_of(item)
        clusters = (about,) if about is not None else item.config.stash[INVENTORY].clusters_of(name)
        hosts = [member for cluster in clusters for member in cluster.members]
        name = about.label if about is not None else name
    else:
        return ""
    return item.config.stash[UNREACHED].why_not(name, hosts)


def _cluster_of(item: pytest.Item) -> NamedCluster | None:
    """The cluster that an item is about where its service has several."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    cluster = parameters.get("about_cluster")
    return cluster if isinstance(cluster, NamedCluster) else None


def _examined(item: pytest.Item, service: str) -> tuple[str, ...]:
    """Service, and cluster where there are several."""
    about = _cluster_of(item)
    return (service,) if about is None else (service, about.name)


def _title(item: pytest.Item) -> str:
    """What an item is about, in reports."""
    mark, about = item.get_closest_marker("service"), _cluster_of(item)
    if mark is None:
        return ""
    return titles()[mark.args[0]] + (f" {about.name}" if about is not None else "")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say what a check found instead of where in the code it was found; keep secrets out of both."""
    report = yield
    if INVENTORY in item.config.stash:
        scrub = Scrubber(item.config.stash[INVENTORY].credentials.values())
        error = call.excinfo.value if call.excinfo is not None and not report.skipped else None
        failure = explain(error, scrub)
        details: dict[str, Any] = failure.as_property()
        service = item.get_closest_marker("service")
        if error is not None:
            text = failure.text or scrub(str(report.longrepr))
            # Also where it was a proxy that answered: the members behind it may all be away.
            if suite_of(item.config) in CHECKS:
                item.config.stash[UNREACHED].look()
            if reason := _why_not(item):
                details["unreached"] = reason
            elif call.when == "call" and service and suite_of(item.config) == "basic":
                causes, besides = item.config.stash[EXAMINER].examine(*_examined(item, service.args[0]))
                details["causes"] = [cause.as_json() for cause in causes]
                diagnosis = scrub("\n".join([*map(str, causes), besides]).strip())
                allure.attach(diagnosis, "diagnosis", allure.attachment_type.TEXT)
                text = f"{text}\n{diagnosis}"
            elif isinstance(error, DrillFailedError):
                details["causes"] = list(error.causes)
            report.longrepr = text
        which = {"module": _title(item), "check": item.name.removeprefix("test_")}
        report.user_properties.append((PROPERTY, details | which))
        if LEFT in item.stash and call.when == "call":
            report.user_properties.append((LEFT_OUT, {**which, "reason": item.stash[LEFT]}))
    return report


@pytest.fixture(autouse=True)
def _labels(request: pytest.FixtureRequest) -> None:
    """Suites of the HTML page: the run's name, then the module."""
    mark = request.node.get_closest_marker("service")
    if mark is not None:
        allure.dynamic.parent_suite(
            "drills" if "case" in request.fixturenames else f"{suite_of(request.config)} checks"
        )
        allure.dynamic.suite(_title(request.node))
