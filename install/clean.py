"""Makes hosts bare again: removes everything that hadrill put there, data included."""

from hadrill.install.base import HOSTS, RULES
from hadrill.install.site import InstallError, Site
from hadrill.inventory import Host
from hadrill.on_host import program
from hadrill.placement import folders, placements, units_of
from hadrill.remote import run_program
from hadrill.services import registry

CLEAN_SECONDS = 180.0


def _of_components() -> dict[str, list[str]]:
    """Units of all services' components, and their folders beside hadrill's own, as their records place them."""
    every = [part for known in registry.services() for part in placements(known).values()]
    own = (f"{folders.CONFIGURATION}/", f"{folders.DATA}/")
    paths = {path for part in every for path in (part.configuration, part.data) if path and not path.startswith(own)}
    return {"units": sorted({unit.partition(".")[0] for unit in units_of(every)}), "folders": sorted(paths)}


def clean(site: Site, hosts: tuple[Host, ...], consent: str) -> None:
    """Make hosts bare again. `consent` must be the inventory's name: data is lost."""
    name = site.inventory.settings.name
    if consent != name:
        raise InstallError(
            f"this removes all data of {len(hosts)} hosts: say --consent {name} to go on; nothing was touched"
        )
    order = {"rules": RULES, "begin": HOSTS[0], "end": HOSTS[1], **_of_components()}
    if site.check:
        for host in hosts:
            site.record(host, "back to bare, with its data")
        return
    answers = site.everywhere(
        hosts, lambda host: run_program(site.remote, host, program("clean"), order, CLEAN_SECONDS)
    )
    for host, answer in answers.items():
        site.record(host, f"back to bare ({answer['units']} units removed)")
