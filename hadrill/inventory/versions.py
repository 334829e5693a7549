"""versions.yaml: the pinned image of each component."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from hadrill.inventory.problem import Problem
from hadrill.inventory.settings import Settings
from hadrill.services import registry
from hadrill.services.service import Component, Service


class Versions(BaseModel):
    """Image references, each with a tag; `k3s` is a version, not an image."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: dict[str, str]
    k3s: str = ""

    def problems(self, file: Path, roles: Iterable[str], settings: Settings | None) -> Iterator[Problem]:
        """Images that are missing, unknown, or not pinned. `settings` is None where settings.yaml cannot be read."""
        adopted = settings is not None and settings.adopted
        needed, known = set() if adopted else needed_images(roles, settings), known_images()
        for name in sorted(needed - set(self.images)):
            remedy = f"Add `{name}: IMAGE:TAG` under `images`."
            yield Problem(file, 0, 0, f"no image for {name}, which the inventory's roles need", remedy)
        for name, image in self.images.items():
            line, column = _find(file, name)
            if name not in known:
                remedy = f"Use one of: {', '.join(sorted(known))}."
                yield Problem(file, line, column, f"unknown component {name!r}", remedy)
            tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
            if "@sha256:" not in image and tag in ("", "latest"):
                what = f"{name}: image {image!r} has {'the tag `latest`' if tag else 'no tag'}"
                yield Problem(file, line, column, what, "Pin a version, like NAME:7.2.5: what runs must be known.")


def needed_images(roles: Iterable[str], settings: Settings | None) -> set[str]:
    """Images of what hosts of these roles run. What a setting decides is left out where the settings are not known."""
    chosen = list(roles)
    parts = (part for role in chosen for part in components(role, settings))
    named = {name for role in chosen for name in registry.roles()[role].images}
    return named | {part.image for part in parts if part.image}


def known_images() -> set[str]:
    """Every name that may stand in versions.yaml."""
    parts = (part.image for known in registry.services() for part in known.components)
    return {name for role in registry.roles().values() for name in role.images}.union(filter(None, parts))


def present(service: Service, settings: Settings | None) -> tuple[Component, ...]:
    """What a service runs under these settings, on whichever of its hosts."""
    return tuple(part for part in service.components if part.when is None or _holds(part.when, settings))


def components(role: str, settings: Settings | None) -> tuple[Component, ...]:
    """The components that hosts of a role run under these settings."""
    return tuple(part for part in registry.components_of(role) if part.when is None or _holds(part.when, settings))


def _holds(when: tuple[str, str], settings: Settings | None) -> bool:
    path, value = when
    return settings is not None and settings.value(path) == value


def _find(file: Path, name: str) -> tuple[int, int]:
    for number, row in enumerate(file.read_text("ascii").split("\n"), start=1):
        if row.lstrip().startswith(f"{name}:"):
            return number, len(row) - len(row.lstrip()) + 1
    return 0, 0
