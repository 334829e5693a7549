"""The pytest plugin: options, fixtures, and the report at the end of a run of the suite. Thin."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import allure
import pytest
import testinfra.host

from hadrill.inventory import Host, InvalidInventoryError, Inventory, Role, read
from hadrill.remote import Remote, RemoteError
from hadrill.remote.backend import RemoteBackend
from hadrill.report.allure import write_page
from hadrill.report.outcome import FAILED, INCONCLUSIVE, PASSED, PROPERTY, UNREACHABLE, Outcome
from hadrill.report.run_folder import new_run_folder, point_latest_at, write_summary
from hadrill.report.secrets import Scrubber
from hadrill.report.summary import Summary
from hadrill.services.finding import CheckFailedError
from hadrill.services.hosts.scan import PortScan, scan
from hadrill.services.mariadb import Mariadb
from hadrill.services.minio import Minio
from hadrill.services.postgresql import Postgresql
from hadrill.services.rabbitmq import Rabbitmq
from hadrill.services.redis import Redis
from hadrill.services.versions import running_versions

SUITES = ("basic", "hosts")
NAMES = {
    "postgresql": "PostgreSQL",
    "redis": "Redis",
    "rabbitmq": "RabbitMQ",
    "minio": "MinIO",
    "mariadb": "MariaDB",
    "hosts": "Hosts",
    "ports": "Ports",
}
STOCK = pytest.StashKey[Inventory]()
STARTED = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of every run."""
    group = parser.getgroup("hadrill")
    group.addoption(
        "--inventory",
        default="inventories/lab",
        metavar="DIR",
        help="folder with servers.tsv, versions.yaml, settings.yaml and credentials/",
    )
    group.addoption("--reports", default="reports", metavar="DIR", help="where the reports of runs lie")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """For a run of the suite: read the inventory, make the run's folder, switch its reports on."""
    config.addinivalue_line("markers", "service(name): the service that a check is about; it needs hosts of that role")
    suite = suite_of(config)
    config.stash[STARTED] = time.monotonic()
    if suite is None or config.option.collectonly or config.option.help:
        return
    try:
        config.stash[STOCK] = read(Path(config.option.inventory))
    except InvalidInventoryError as error:
        raise pytest.UsageError(str(error)) from error
    if hasattr(config, "workerinput"):
        config.option.allure_report_dir = config.workerinput["hadrill_results"]
    else:
        folder = new_run_folder(Path(config.option.reports).absolute(), suite)
        config.option.allure_report_dir = str(folder / "allure-results")
        config.option.xmlpath = config.option.xmlpath or str(folder / "junit.xml")
        config.pluginmanager.register(Reporter(config, suite, folder), "hadrill-reporter")


def suite_of(config: pytest.Config) -> str | None:
    """The suite that a command line asks for; None where it is something else, like the project's own tests."""
    for argument in config.args:
        path = (config.rootpath / argument.partition("::")[0]).resolve()
        for suite in SUITES:
            if path.is_relative_to(config.rootpath / "tests" / suite):
                return suite
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Checks of services that the inventory has no hosts for are not part of the run."""
    if STOCK not in config.stash:
        return
    roles = set(config.stash[STOCK].roles)
    missing = set(Role) - roles
    absent = [item for item in items for mark in item.iter_markers("service") if mark.args[0] in missing]
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A check with the argument `host` is made on every host that is installed."""
    if "host" in metafunc.fixturenames and STOCK in metafunc.config.stash:
        hosts = metafunc.config.stash[STOCK].managed
        metafunc.parametrize("host", hosts, ids=[host.name for host in hosts])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Say what a check found instead of where in the code it was found; keep secrets out of both."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if STOCK in item.config.stash:
        scrub = Scrubber(item.config.stash[STOCK].credentials.values())
        error = call.excinfo.value if call.excinfo is not None else None
        details = {"outcome": PASSED, "host": "", "cause": "", "message": ""}
        if isinstance(error, CheckFailedError):
            first = error.findings[0]
            outcome = UNREACHABLE if first.unreachable else FAILED
            hosts = ", ".join(dict.fromkeys(finding.host for finding in error.findings))
            details = {"outcome": outcome, "host": hosts, "cause": scrub(first.cause), "message": scrub(str(error))}
            report.longrepr = scrub(str(error))
        elif isinstance(error, RemoteError):
            details = {
                "outcome": UNREACHABLE,
                "host": error.host,
                "cause": scrub(str(error)),
                "message": scrub(str(error)),
            }
            report.longrepr = scrub(str(error))
        elif error is not None:
            message = scrub(f"{type(error).__name__}: {error}")
            details = {"outcome": INCONCLUSIVE, "host": "", "cause": message.splitlines()[0], "message": message}
            report.longrepr = scrub(str(report.longrepr))
        service = item.get_closest_marker("service")
        details |= {"module": NAMES[service.args[0]] if service else "", "check": item.name.removeprefix("test_")}
        report.user_properties.append((PROPERTY, details))
    return report  # type: ignore[return-value]


class Reporter:
    """Collects outcomes in the process that reports, and writes the run's files at its end."""

    def __init__(self, config: pytest.Config, suite: str, folder: Path) -> None:
        self.config, self.suite, self.folder = config, suite, folder
        self.outcomes: dict[str, Outcome] = {}
        self.lines: dict[str, int] = {}
        self.summary: Summary | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of xdist where this run's results lie."""
        node.workerinput["hadrill_results"] = self.config.option.allure_report_dir

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the outcome of a check: of its call, or of whatever failed before or after it."""
        found: list[Any] = [value for name, value in report.user_properties if name == PROPERTY]
        details: dict[str, Any] = found[-1] if found else {}
        if report.when == "call" or report.failed:
            self.lines[report.nodeid] = report.location[1] or 0
            self.outcomes[report.nodeid] = Outcome(id=report.nodeid, seconds=round(report.duration, 3), **details)

    def _place(self, outcome: Outcome) -> tuple[int, int, str]:
        """As in the files, whichever worker was first."""
        return list(NAMES.values()).index(outcome.module), self.lines[outcome.id], outcome.id

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write everything, also after an interrupted run. Nothing is written where nothing was checked."""
        if not self.outcomes:
            self.folder.rmdir() if not any(self.folder.iterdir()) else None
            return
        stock = self.config.stash[STOCK]
        seconds = time.monotonic() - self.config.stash[STARTED]
        settings = stock.settings
        environment = {"inventory": f"{settings.name} ({stock.folder})", **running_versions(stock)}
        order = sorted(self.outcomes.values(), key=self._place)
        self.summary = Summary(self.suite, tuple(order), seconds, environment)
        write_summary(self.folder, self.summary)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table, and where the page lies."""
        if self.summary is None:
            return
        # Allure's and JUnit's plugins write what exceptions say.
        Scrubber(self.config.stash[STOCK].credentials.values()).files(self.folder)
        problem = write_page(self.folder, f"hadrill: {self.suite} checks", self.summary.environment)
        point_latest_at(self.folder)
        terminalreporter.section(f"{self.suite} checks of {self.summary.environment['inventory']}")
        terminalreporter.write_line(self.summary.console())
        terminalreporter.write_line(problem or f"Report: {self.folder / 'index.html'}")


@pytest.fixture(scope="session")
def inventory(pytestconfig: pytest.Config) -> Inventory:
    """The inventory that the run is about."""
    return pytestconfig.stash[STOCK]


@pytest.fixture(scope="session")
def remote(inventory: Inventory) -> Iterator[Remote]:
    """SSH to the inventory's hosts."""
    with Remote(inventory) as opened:
        yield opened


@pytest.fixture
def machine(host: Host, remote: Remote) -> testinfra.host.Host:
    """A host as testinfra sees it, over the run's own connections."""
    return testinfra.host.Host(RemoteBackend(remote, host))


@pytest.fixture(scope="session")
def reachable(inventory: Inventory, remote: Remote) -> PortScan:
    """Which port of which host answers which other host, tried once a run."""
    return scan(inventory, remote)


@pytest.fixture(autouse=True)
def _labels(request: pytest.FixtureRequest) -> None:
    """Suites of the HTML page: the run's name, then the module."""
    mark = request.node.get_closest_marker("service")
    if mark is not None:
        allure.dynamic.parent_suite(f"{suite_of(request.config) or 'hadrill'} checks")
        allure.dynamic.suite(NAMES[mark.args[0]])


@pytest.fixture(scope="session")
def postgresql(inventory: Inventory) -> Postgresql:
    """The PostgreSQL cluster."""
    return Postgresql(inventory)


@pytest.fixture(scope="session")
def redis(inventory: Inventory) -> Redis:
    """The Redis cluster."""
    return Redis(inventory)


@pytest.fixture(scope="session")
def rabbitmq(inventory: Inventory) -> Rabbitmq:
    """The RabbitMQ cluster."""
    return Rabbitmq(inventory)


@pytest.fixture(scope="session")
def minio(inventory: Inventory) -> Minio:
    """The MinIO cluster."""
    return Minio(inventory)


@pytest.fixture(scope="session")
def mariadb(inventory: Inventory) -> Mariadb:
    """The MariaDB cluster."""
    return Mariadb(inventory)
