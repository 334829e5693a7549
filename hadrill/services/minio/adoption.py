"""MinIO as others set it up: its command line names every drive of every node, its environment the root user."""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import ClassVar
from urllib.parse import urlsplit

from hadrill.services.adopting import Ask, Program, Told
from hadrill.services.minio.record import SERVICE

MINIO = SERVICE.components[0].name
ROLE = SERVICE.roles[0].name
PORT = SERVICE.roles[0].ports[0].number
VOLUMES = "MINIO_VOLUMES"
SECRETS = {"MINIO_ROOT_USER": "MINIO_ACCESS_KEY", "MINIO_ROOT_PASSWORD": "MINIO_SECRET_KEY"}
"""Names of its variables, and those of old versions."""
RANGE = re.compile(r"\{(\d+)\.\.\.(\d+)\}")


class MinioAdoption:
    """Asks nothing: all stands in the process's words and variables."""

    variables = (VOLUMES, *SECRETS, *SECRETS.values())
    unproxied: ClassVar[Mapping[str, object]] = {"minio.entry": "node"}
    needs: ClassVar[Mapping[tuple[str, str], str]] = {
        (ROLE, "MINIO_ROOT_USER"): "the root user's name, or that of a user who may make buckets and read the state",
        (ROLE, "MINIO_ROOT_PASSWORD"): "its secret",
    }

    def component(self, program: Program) -> str:
        """A server, and not the client."""
        return MINIO if program.name == "minio" and "server" in program.command else ""

    def questions(self, program: Program, answers: Mapping[str, str]) -> Mapping[str, Ask]:
        """Nothing."""
        return {}

    def told(self, program: Program, answers: Mapping[str, str]) -> Told:
        """Endpoints with their ranges written out; a node of several drives has several."""
        words = [*program.command, *program.environment.get(VOLUMES, "").split()]
        urls = [urlsplit(url) for word in words if "://" in word for url in expanded(word)]
        notes = [] if urls else ["it has no other nodes: nothing of it survives the loss of its host"]
        if any(url.scheme == "https" for url in urls):
            notes.append("its nodes speak TLS, which is not checked yet")
        drives = {url.path for url in urls}
        if len(drives) > 1:
            notes.append(f"each node has {len(drives)} drives; faults are about the first")
        values = {name: program.environment.get(name) or program.environment.get(old) for name, old in SECRETS.items()}
        paths = sorted(drives) or [word for word in words if word.startswith("/")][-1:]
        return Told(
            peers=tuple(dict.fromkeys(url.hostname for url in urls if url.hostname)),
            data=program.path(paths[0]) if paths else "",
            ports={PORT: next((url.port for url in urls if url.port), PORT)},
            secrets={(ROLE, name): value for name, value in values.items() if value},
            notes=tuple(notes),
        )


def expanded(text: str) -> Iterator[str]:
    """A text with MinIO's ranges, `{1...4}`, written out; the widths of their numbers are kept."""
    parts = RANGE.split(text)
    texts, bounds = parts[::3], list(zip(parts[1::3], parts[2::3], strict=True))
    ranges = [[f"{number:0{len(low)}}" for number in range(int(low), int(high) + 1)] for low, high in bounds]
    for chosen in product(*ranges):
        yield "".join(part for pair in zip(texts, (*chosen, ""), strict=True) for part in pair)


ADOPTION = MinioAdoption()
