"""The pytest plugin: options, what belongs to a run, and what a failure says. Thin."""

import gc
import os
import re
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from hadrill.diagnosis.unreached import Unreached
from hadrill.drill.case import Case
from hadrill.drill.collecting import Selection, cases
from hadrill.inventory import InvalidInventoryError, Inventory, read
from hadrill.inventory.cluster import label
from hadrill.pytest_plugin.options import add_options, options_of
from hadrill.pytest_plugin.others import others_folders
from hadrill.pytest_plugin.stash import INVENTORY, REMOTE
from hadrill.remote import Remote
from hadrill.remote.from_here import ways, why_no_drills
from hadrill.report.reporter import Reporter
from hadrill.report.run_folder import new_run_folder
from hadrill.safety.signals import die_with_parent, end_politely
from hadrill.services.clusters import CLUSTERS, present
from hadrill.services.examiner import Examiner
from hadrill.services.versions import running_versions

EXAMINER = pytest.StashKey[Examiner]()
UNREACHED = pytest.StashKey[Unreached]()
SUITES = ("basic", "hosts", "failover", "chaos")
DRILLING = ("failover", "chaos")
"""Those that measure what clients of a broken service meet."""
LEFT_OUT = pytest.StashKey[bool]()
UNASKED = "left out: a suite runs where it is asked for by its path, like tests/failover, or by -m failover"
pytest_plugins = (
    "hadrill.pytest_plugin.fixtures",
    "hadrill.pytest_plugin.drills",
    "hadrill.pytest_plugin.explaining",
    "hadrill.pytest_plugin.chaos",
)


@pytest.hookimpl(trylast=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> None:
    """Options of every run, once all other plugins and the conftests have theirs."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """For a run of the suite: read the inventory, make the run's folder, switch its reports on."""
    config.addinivalue_line("markers", "failover: drills, which break hosts on purpose (tests/failover)")
    config.addinivalue_line("markers", "quorum_loss: takes the majority away; runs with --quorum-loss only")
    config.addinivalue_line("markers", "drills(role=[fault, ...]): the drills of a test with the argument `case`")
    if _asks_for_drills(config) and _no_paths(config):
        config.args = ["tests/failover"]
    _add_others(config)
    config.addinivalue_line("markers", "loses(role, fault): a check of what a fault on a host in that role does")
    config.addinivalue_line("markers", "needs(name): another service that a check uses; it needs hosts of that role")
    config.addinivalue_line("markers", "service(name): the service that a check is about; it needs hosts of that role")
    suite = suite_of(config)
    if suite is None or config.option.collectonly or config.option.help:
        return
    try:
        inventory = config.stash[INVENTORY] = read(options_of(config).folder)
        remote = config.stash[REMOTE] = Remote(inventory)
        config.add_cleanup(remote.close)
        opened = ExitStack()
        opened.enter_context(ways(inventory, remote))
        config.add_cleanup(opened.close)
        config.stash[EXAMINER] = Examiner(inventory, remote)
        config.stash[UNREACHED] = Unreached(inventory)
    except InvalidInventoryError as error:
        raise pytest.UsageError(str(error)) from error
    if suite in DRILLING and not options_of(config).plan and (why := why_no_drills(inventory)):
        raise pytest.UsageError(why)
    if problems := list(selection_of(config).problems(inventory)):
        raise pytest.UsageError("\n".join(problems))
    end_politely()
    if getattr(config.option, "numprocesses", None) and config.option.dist in ("no", "load"):
        # One cluster, one worker: its drills follow one another.
        config.option.dist = "loadgroup"
    if hasattr(config, "workerinput"):
        die_with_parent()
        # A worker reads the command line again and does not know what was decided here.
        config.option.loadgroup = config.workerinput["hadrill_groups"]
        config.option.allure_report_dir = config.workerinput["hadrill_results"]
    else:
        options = options_of(config)
        folder = new_run_folder(Path(options.reports).absolute(), suite)
        config.option.allure_report_dir = str(folder / "allure-results")
        config.option.xmlpath = config.option.xmlpath or str(folder / "junit.xml")
        reporter = Reporter(
            config,
            config.stash[INVENTORY],
            suite,
            folder,
            partial(_versions, config),
            gate=options.gate,
            page=not options.no_page,
        )
        config.pluginmanager.register(reporter, "hadrill-reporter")


def _versions(config: pytest.Config, asked: Inventory) -> dict[str, str]:
    """What is really running; nobody is asked where no host answers."""
    return {} if config.stash[UNREACHED].everything else running_versions(asked)


def _without_case(item: pytest.Item) -> bool:
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return "case" in parameters and not isinstance(parameters["case"], Case)


def _in_clusters(item: pytest.Item, inventory: Inventory, selection: Selection) -> bool:
    """Whether an item is about a cluster that is meant, or about none."""
    mark = item.get_closest_marker("service")
    return mark is None or mark.args[0] not in CLUSTERS or bool(selection.clusters(inventory, mark.args[0]))


def _no_paths(config: pytest.Config) -> bool:
    """Whether the command line names no files: pytest fills in what pytest.ini says then."""
    return config.args_source is not pytest.Config.ArgsSource.ARGS


def selection_of(config: pytest.Config) -> Selection:
    """What the command line says about drills."""
    option = options_of(config)
    return Selection(
        option.node, option.service, option.fault, option.role, option.repeat, option.make_leader, option.cluster
    )


# First: xdist has an answer of its own, and is loaded later, so that it would be asked before.
@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One cluster, one worker; of more than a few at once the clients would starve, and measure themselves."""
    if suite_of(config) != "failover" or "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    inventory = read(options_of(config).folder)
    clusters = sum(len(inventory.clusters_of(service)) for service in CLUSTERS)
    return min(clusters, (os.cpu_count() or 1) + 2)


def suite_of(config: pytest.Config) -> str | None:
    """The suite that a command line asks for; None where it is something else, like the project's own tests."""
    return next(iter(_suites_of(config)), None)


def _suites_of(config: pytest.Config) -> list[str]:
    """All suites that a command line asks for: by their mark, or by a path in their folder."""
    asked = ["failover"] if _asks_for_drills(config) else []
    for argument in config.args:
        path = (config.rootpath / argument.partition("::")[0]).resolve()
        asked += [suite for suite in SUITES if any(map(path.is_relative_to, folders_of(config, suite)))]
    return asked


def folders_of(config: pytest.Config, suite: str) -> tuple[Path, ...]:
    """Where the tests of a suite lie: the project's own first, then those that services of other packages bring."""
    return config.rootpath / "tests" / suite, *others_folders(suite)


def _add_others(config: pytest.Config) -> None:
    """Who asks for the whole of a suite asks for what other packages add to it, too."""
    paths = [(config.rootpath / argument).resolve() for argument in config.args]
    whole = [suite for suite in SUITES if config.rootpath / "tests" / suite in paths]
    config.args += [str(folder) for suite in whole for folder in others_folders(suite)]


def _asks_for_drills(config: pytest.Config) -> bool:
    expression = str(config.option.markexpr)
    return re.search(r"\bfailover\b", expression) is not None and "not failover" not in expression


def _unasked(config: pytest.Config, items: list[pytest.Item]) -> list[pytest.Item]:
    """Items of suites that the command line does not name: `pytest tests` asks for no drill, and breaks nothing."""
    asked = _suites_of(config)
    others = [folder for suite in SUITES if suite not in asked for folder in folders_of(config, suite)]
    return [item for item in items if any(item.path.is_relative_to(folder) for folder in others)]


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What is doubtful in the inventory."""
    return [f"warning: {warning}" for warning in config.stash[INVENTORY].warnings] if INVENTORY in config.stash else []


def pytest_report_collectionfinish(config: pytest.Config) -> str | None:
    """Say why what is there was not run."""
    return UNASKED if config.stash.get(LEFT_OUT, False) else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What is imported by now stays to the end: the collector need not look through it again, least at the exit."""
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A suite that nobody asked for is not part of the run, nor are checks of services without hosts."""
    if unasked := _unasked(config, items):
        config.stash[LEFT_OUT] = True
        config.hook.pytest_deselected(items=unasked)
        items[:] = [item for item in items if item not in unasked]
    if INVENTORY not in config.stash:
        return
    inventory = config.stash[INVENTORY]
    # Hosts and ports are no services: every inventory has them.
    absent = [
        item
        for item in items
        for mark in [*item.iter_markers("service"), *item.iter_markers("needs")]
        if mark.args[0] in CLUSTERS and not present(inventory, mark.args[0])
    ]
    # pytest makes a skipped item of a test without parameters; a test without drills is not part of the run.
    absent += [item for item in items if _without_case(item) and item not in absent]
    selection = selection_of(config)
    if selection.cluster:
        absent += [item for item in items if item not in absent and not _in_clusters(item, inventory, selection)]
    for item in items:
        mark = item.get_closest_marker("loses")
        if mark is not None and item not in absent and not selection.includes(inventory, mark.args[0], mark.args[1]):
            absent.append(item)
        elif mark is not None and options_of(config).plan:
            item.add_marker(pytest.mark.skip(f"{mark.args[1]} on a {mark.args[0]}, and back; nothing was touched"))
    for item in items:
        if item.get_closest_marker("quorum_loss") and item not in absent:
            service = next(item.iter_markers("service")).args[0]
            if not (options_of(config).quorum_loss and selection.concerns(inventory, service)):
                absent.append(item)
    if absent:
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if item not in absent]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A check with the argument `host` is made on every host that is installed."""
    if "case" in metafunc.fixturenames and INVENTORY in metafunc.config.stash:
        service = str(next(metafunc.definition.iter_markers("service")).args[0])
        listed = next(metafunc.definition.iter_markers("drills")).kwargs
        inventory, selection = metafunc.config.stash[INVENTORY], selection_of(metafunc.config)
        chosen = cases(inventory, service, listed, selection) if present(inventory, service) else []
        groups = [pytest.mark.xdist_group(label(service, case.cluster)) for case in chosen]
        params = [pytest.param(case, marks=group) for case, group in zip(chosen, groups, strict=True)]
        metafunc.parametrize("case", params, ids=str)
    if "about_cluster" in metafunc.fixturenames and INVENTORY in metafunc.config.stash:
        _for_each_cluster(metafunc, metafunc.config.stash[INVENTORY])
    if "host" in metafunc.fixturenames and INVENTORY in metafunc.config.stash:
        hosts = metafunc.config.stash[INVENTORY].managed
        metafunc.parametrize("host", hosts, ids=[host.name for host in hosts])


def _for_each_cluster(metafunc: pytest.Metafunc, inventory: Inventory) -> None:
    """A check of a service that has several clusters is made of each, under its name; of a single one as it is."""
    mark = metafunc.definition.get_closest_marker("service")
    every = inventory.clusters_of(mark.args[0]) if mark is not None else ()
    if mark is not None and len(every) > 1:
        chosen = selection_of(metafunc.config).clusters(inventory, mark.args[0])
        params = [pytest.param(one, marks=pytest.mark.xdist_group(one.label), id=one.name) for one in chosen]
        metafunc.parametrize("about_cluster", params, indirect=True, scope="session")
