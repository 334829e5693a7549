"""The module `echo`: one container on each member."""

from importlib.resources import files

from hadrill.install.container import Container
from hadrill.install.desired import Desired, Directory, File
from hadrill.install.rolling import bring_up
from hadrill.install.site import Site
from hadrill_echo import checks
from hadrill_echo.client import Echo

FOLDER = "/etc/hadrill/echo"
SERVER = f"{FOLDER}/server.py"


def install(site: Site) -> None:
    """Both members, one after the other where they must start again."""
    service = Echo(site.inventory)
    units = site.apply(dict.fromkeys(service.members, desired(site)))
    bring_up(site, units, lambda: service.members, lambda: checks.answering(service), "Echo")


def desired(site: Site) -> Desired:
    """What is on a member."""
    program = files("hadrill_echo").joinpath("server.py").read_text("utf-8")
    container = Container("echo", site.inventory.image("echo"), "python3 /echo/server.py", ((FOLDER, "/echo:ro"),))
    return Desired(
        directories=(Directory("/etc/hadrill", 0o700), Directory(FOLDER)),
        files=(File(SERVER, program),),
        units=(container.unit(SERVER),),
    )
