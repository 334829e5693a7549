"""The tasks that `fab -l` lists: one a module, one for all, and the way back.

A service's module comes from its record: the function that installs it, and the checks that prove it.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fabric import task
from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit

from hadrill.install import base as base_module
from hadrill.install import clean as clean_module
from hadrill.install.rolling import until_whole
from hadrill.install.site import InstallError, Site
from hadrill.inventory import InvalidInventoryError, Inventory, read
from hadrill.inventory.default import default_folder
from hadrill.remote import RemoteError
from hadrill.remote.access import NoAccessAnywhereError, require_access
from hadrill.remote.from_here import ways
from hadrill.report.inventory_table import summary
from hadrill.report.screen import standard_output
from hadrill.services import registry
from hadrill.services.asking import failures
from hadrill.services.clusters import present
from hadrill.services.finding import CheckFailedError
from hadrill.services.service import Install, Service
from hadrill.timing import OverdueError

DEFAULT = str(default_folder())
Module = Callable[[Site], None]
ERRORS = (InstallError, NoAccessAnywhereError, RemoteError, InvalidInventoryError, CheckFailedError, OverdueError)
BASE = "base"
"""The module for what every host gets."""
FIRST = 3
"""The number of the first service's module: the inventory is module 1, what every host gets is module 2."""


def installed_services() -> list[tuple[Service, Install]]:
    """Services that hadrill installs, in the order of their modules."""
    return [(known, known.install) for known in registry.services() if known.install]


def modules() -> dict[str, Module]:
    """Every module that changes hosts, by its task's name, in order."""
    return {BASE: base_module.install} | {install.task: _module(install) for _, install in installed_services()}


def proofs(inventory: Inventory, module: str) -> list[Callable[[], None]]:
    """What must hold after a module; nothing where the inventory has no host for it."""
    for service, install in installed_services():
        if install.task == module and present(inventory, service.name):
            client = registry.load(service.client)(inventory)
            return [partial(check, client) for check in registry.load(install.proof or service.checks)]
    return []


@task
def inventory(_: Context, inventory: str = DEFAULT) -> None:
    """Module 1: read and validate the inventory; touches no host."""
    try:
        sys.stdout.write(summary(read(Path(inventory)), standard_output()) + "\n")
    except InvalidInventoryError as error:
        raise Exit(str(error), code=1) from error


@task
def base(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Module 2: engine, swap, names, resolver, SSH, firewall."""
    _run(inventory, check, base_module.install)


@task(name="all")
def everything(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
    """Modules 2 and up in order; each must be whole before the next begins."""
    beforehand = [registry.load(install.beforehand) for _, install in installed_services() if install.beforehand]
    proved = [_proved(name, module) for name, module in modules().items()]
    _run(inventory, check, *beforehand, *proved)


@task
def clean(_: Context, inventory: str = DEFAULT, host: str = "", consent: str = "", check: bool = False) -> None:
    """Take --host, or every host, back to bare; data is lost. Wants --consent NAME, the inventory's name."""

    def work(site: Site) -> None:
        hosts = (site.inventory.host(host),) if host else site.inventory.managed
        clean_module.clean(site, hosts, consent)

    _run(inventory, check, work)


def _module(install: Install) -> Module:
    """A service's module; its code is loaded when it runs."""

    def work(site: Site) -> None:
        refuse_several(site.inventory)
        registry.load(install.function)(site)

    return work


def refuse_several(inventory: Inventory) -> None:
    """End where a service has several clusters: the proxies' configuration knows one of each."""
    for known in registry.services():
        if len(clusters := inventory.clusters_of(known.name)) > 1:
            names = ", ".join(cluster.name for cluster in clusters)
            raise Exit(f"only one cluster of a service can be installed, and {known.name} has several: {names}", code=1)


def _task(number: int, install: Install) -> Any:
    def run(_: Context, inventory: str = DEFAULT, check: bool = False) -> None:
        _run(inventory, check, _module(install))

    run.__doc__ = f"Module {number}: {install.title}"
    return task(run, name=install.task)


def _proved(name: str, module: Module) -> Module:
    def work(site: Site) -> None:
        checks = proofs(site.inventory, name)
        if not checks and name != BASE:
            site.say(f"{name}: nothing to install: the inventory has no host for it")
            return
        site.say(f"{name}: installing")
        module(site)
        if not site.check:
            for proof in checks:
                until_whole(proof, f"{name} to be whole, before the next module")
            site.say(f"{name}: whole")

    return work


def _run(folder: str, check: bool, *modules: Module) -> None:
    """Run modules on an inventory; print what changed, or end with a sentence that says what went wrong."""
    try:
        site = Site(read(Path(folder)), check=check)
    except InvalidInventoryError as error:
        raise Exit(str(error), code=1) from error
    if site.inventory.settings.adopted:
        raise Exit(f"{folder} was adopted: what runs there is its owner's, and nothing is installed or changed", code=1)
    try:
        require_access(site.remote, site.inventory.managed)
        with ways(site.inventory, site.remote):
            for module in modules:
                module(site)
    except failures(*ERRORS) as error:
        raise Exit(
            f"{type(error).__name__}: {error}\n{site.changed} changed before that; run it again once this is mended", 1
        ) from error
    finally:
        site.close()
    site.say(f"{site.changed} {'would change' if check else 'changed'}")


namespace = Collection(
    inventory,
    base,
    *(_task(number, install) for number, (_, install) in enumerate(installed_services(), start=FIRST)),
    everything,
    clean,
)
"""What Fabric takes from the fabfile."""
