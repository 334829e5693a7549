"""versions.yaml: the pinned image of each component."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from hadrill.inventory.host import Role
from hadrill.inventory.problem import Problem


class Versions(BaseModel):
    """Image references, each with a tag; `k3s` is a version, not an image."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    images: dict[str, str]
    k3s: str = ""

    def problems(self, file: Path, roles: set[Role], sql_proxy: str | None) -> Iterator[Problem]:
        """Images that are missing, unknown, or not pinned. `sql_proxy` is None where settings.yaml cannot be read."""
        needed = {name for role in roles for name in NEEDED.get(role, ())}
        if Role.PROXYSQL in roles and sql_proxy != "proxysql":
            needed = (needed - {"proxysql"}) | ({"haproxy"} if sql_proxy else set())
        for name in sorted(needed - set(self.images)):
            remedy = f"Add `{name}: IMAGE:TAG` under `images`."
            yield Problem(file, 0, 0, f"no image for {name}, which the inventory's roles need", remedy)
        for name, image in self.images.items():
            line, column = _find(file, name)
            if name not in KNOWN:
                remedy = f"Use one of: {', '.join(sorted(KNOWN))}."
                yield Problem(file, line, column, f"unknown component {name!r}", remedy)
            tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
            if "@sha256:" not in image and tag in ("", "latest"):
                what = f"{name}: image {image!r} has {'the tag `latest`' if tag else 'no tag'}"
                yield Problem(file, line, column, what, "Pin a version, like redis:7.2.5: what runs must be known.")


NEEDED: dict[Role, tuple[str, ...]] = {
    Role.POSTGRESQL: ("patroni",),
    Role.HAPROXY: ("haproxy", "pgbouncer"),
    Role.REDIS: ("redis",),
    Role.RABBITMQ: ("rabbitmq",),
    Role.MINIO: ("minio",),
    Role.MARIADB: ("mariadb",),
    Role.PROXYSQL: ("proxysql",),
    Role.K3S_SERVER: ("pods",),
}
KNOWN = {name for names in NEEDED.values() for name in names}


def _find(file: Path, name: str) -> tuple[int, int]:
    for number, row in enumerate(file.read_text("ascii").split("\n"), start=1):
        if row.lstrip().startswith(f"{name}:"):
            return number, len(row) - len(row.lstrip()) + 1
    return 0, 0
