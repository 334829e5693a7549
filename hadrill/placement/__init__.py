"""How each component runs on its host, and how it is started, stopped, killed, frozen, read and found there.

The only room that knows units, container engines, and the folders in which hadrill installs. A placement returns
programs for /bin/sh, to be run as root on the component's host. What an experiment does with them is undone on the host
itself, without the runner: what must be undone exactly takes Marks, and undoes only what is marked. Imports only the
rooms records, remote and timing.
"""

from hadrill.placement import engine, files, folders
from hadrill.placement.container import Container
from hadrill.placement.container_unit import ContainerUnit
from hadrill.placement.inside import Inside
from hadrill.placement.marks import Marks
from hadrill.placement.placed import placed, placements, processes_of
from hadrill.placement.placement import Placement
from hadrill.placement.unit import Unit, units_of

__all__ = [
    "Container",
    "ContainerUnit",
    "Inside",
    "Marks",
    "Placement",
    "Unit",
    "engine",
    "files",
    "folders",
    "placed",
    "placements",
    "processes_of",
    "units_of",
]
