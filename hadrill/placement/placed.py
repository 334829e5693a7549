"""The placement of a component, from its service's record."""

from collections.abc import Mapping

from hadrill.placement import folders
from hadrill.placement.container import Container
from hadrill.placement.container_unit import ContainerUnit
from hadrill.placement.inside import Inside
from hadrill.placement.placement import Placement
from hadrill.placement.unit import Unit
from hadrill.services.service import CONTAINER, INSIDE, UNIT, Component, Service


def placed(service: Service, name: str) -> Placement:
    """How a component of a service runs. Raises LookupError where the service has no such component."""
    component = next((part for part in service.components if part.name == name), None)
    if component is None:
        known = ", ".join(part.name for part in service.components)
        raise LookupError(f"{service.name} has no component {name!r}: there are {known}")
    return _placement(service, component)


def placements(service: Service) -> dict[str, Placement]:
    """The placements of all components of a service, by the component's name."""
    return {component.name: _placement(service, component) for component in service.components}


def processes_of(service: Service, component: str = "") -> Mapping[str, str]:
    """Processes of a service, or of one component, that can get signals: name, and pattern of the command line."""
    return {
        name: pattern
        for part in service.components
        if component in ("", part.name)
        for name, pattern in part.processes.items()
    }


def _placement(service: Service, component: Component) -> Placement:
    name = component.name
    configuration = folders.configuration(component.configuration) if component.configuration else ""
    data = folders.data(component.data) if component.data else ""
    unit = component.unit if "." in component.unit else folders.unit(component.unit or name)
    container = component.container or name
    if component.placement == INSIDE:
        carrier, pattern = placed(service, component.inside), next(iter(component.processes.values()))
        return Inside(name=name, configuration=configuration, data=data, carrier=carrier, pattern=pattern)
    if component.placement == UNIT:
        return Unit(name=name, configuration=configuration, data=data, unit=unit)
    if component.placement == CONTAINER:
        return Container(name=name, configuration=configuration, data=data, container=container)
    return ContainerUnit(name=name, configuration=configuration, data=data, unit=unit, container=container)
