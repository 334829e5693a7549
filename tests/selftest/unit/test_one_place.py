"""A service is known to its record, its folder, its install file and its tests: no line elsewhere waits for one.

And a name says what it holds: words that say nothing are given to no local, parameter or attribute.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hadrill.services import registry

ROOT = Path(__file__).parents[3]
FOLDERS = ("hadrill", "install", "lab")
ALLOWED = {
    "hadrill/drill/scenarios/": "losses and drains of nodes are Kubernetes' own; pods try what has a client",
    "hadrill/inventory/settings.py": "sql_proxy, an old setting outside of any service's section",
    "hadrill/inventory/versions.py": "k3s, an old entry that is a version and no image",
    "hadrill/faults/cordon.py": "Kubernetes' own fault",
    "hadrill/on_host/clean.py": "what Kubernetes leaves elsewhere",
    "hadrill/on_host/cni.py": "a program of Kubernetes' installation alone",
    "hadrill/on_host/galera_start.py": "a program of MariaDB's installation alone",
    "hadrill/on_host/redis_update_master.py": "a program of Redis' installation alone",
    "hadrill/services/proxies.py": "the proxies' own configuration, from which budgets are made",
    "lab/": "how the lab builds its images, its Kubernetes machines and its load balancers",
}
"""Where services are named besides, and why a new one has nothing to add there."""
VAGUE = {"said", "found", "each", "thing", "things", "them", "wanted", "stock", "wish", "sound"}


def test_no_line_elsewhere_waits_for_a_new_service() -> None:
    lines = [f"{file}: {line}" for file in others() for line in naming(ROOT / file)]
    assert [line for line in lines if not line.startswith(tuple(ALLOWED))] == []


def test_what_is_allowed_is_still_needed() -> None:
    named = [str(file) for file in others() if any(naming(ROOT / file))]
    assert [place for place in ALLOWED if not any(file.startswith(place) for file in named)] == []


def test_nothing_has_a_name_that_says_nothing() -> None:
    files = sorted((ROOT / "hadrill").rglob("*.py"))
    named = [f"{file.relative_to(ROOT)}: {line}" for file in files for line in vague_names(file.read_text("utf-8"))]
    assert named == [], "a plain noun says what it is"


def test_vague_names_are_seen_wherever_a_name_is_given() -> None:
    text = """
class Answer:
    said: str
def ask(each, *, wanted=1):
    for _, found in pairs: self.thing = [them for them in found]
    with door as _stock: return (wish := 2)
def found(): pass
"""
    assert sorted(vague_names(text)) == [
        "line 3: said",
        "line 4: each",
        "line 4: wanted",
        "line 5: found",
        "line 5: them",
        "line 5: thing",
        "line 6: _stock",
        "line 6: wish",
    ]


def vague_names(text: str) -> Iterator[str]:
    """Names of VAGUE that are assigned, loop variables, parameters and attributes among them; `def found` is none."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = node.id if isinstance(node, ast.Name) else node.attr
        elif isinstance(node, ast.arg):
            name = node.arg
        else:
            continue
        if name.lower().strip("_") in VAGUE:
            yield f"line {node.lineno}: {name}"


def others() -> Iterator[Path]:
    """Files that are no service's."""
    own = {*services_folders(), *install_files(), Path("hadrill/install"), Path("hadrill/lab"), Path("hadrill/project")}
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = file.relative_to(ROOT)
            if not own & {path, *path.parents}:
                yield path


def services_folders() -> set[Path]:
    return {Path("hadrill/services") / known.name for known in registry.services()}


def install_files() -> set[Path]:
    """The files that records name, and what stands beside them."""
    installs = [known.install.function for known in registry.services() if known.install]
    fronts = [name for known in registry.services() for front in known.fronts for name in (front.section, front.beside)]
    modules = {name.partition(":")[0].split(".")[2] for name in (*installs, *filter(None, fronts))}
    own = {*modules, "proxies", "proxysql"}
    there = [path.relative_to(ROOT) for path in (ROOT / "install").iterdir()]
    return {path for path in there if path.name == "templates" or {path.stem, path.stem.partition("_")[0]} & own}


@cache
def naming(file: Path) -> tuple[str, ...]:
    """Lines of a file's code that name a service, a role or an image. Docstrings and comments may."""
    images = {part.image for known in registry.services() for part in known.components if part.image}
    names = {known.name for known in registry.services()} | {*registry.roles(), "k3s"} | images
    words = "|".join(sorted(names - {"runner", "base"}, key=len, reverse=True))
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [part for part in node.body if not is_text(part)] or [ast.Pass()]
    named = re.compile(rf"(?<![a-z0-9])({words})(?![a-z0-9])", re.IGNORECASE)
    return tuple(line.strip() for line in ast.unparse(tree).splitlines() if named.search(line))


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is nothing but text: the docstring of what stands before it."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


_CLIENTS = ("psycopg.connect", "pymysql.connect", "redis.Redis", "BlockingConnection", "boto3.client", "HTTPConnection")
CONNECTING = re.compile(rf"\b({'|'.join(map(re.escape, ('create_connection', *_CLIENTS)))})\(")
ON_HOSTS = ("on_host/", "/on_pod.py", "lab/", "hadrill/remote/")
"""What runs on hosts and in pods, the lab, and the room that leads through jump hosts itself."""


def test_every_client_asks_where_to_connect() -> None:
    """Else it would work from inside the hosts' network alone."""
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    mine = [file for file in files if not any(part in str(file.relative_to(ROOT)) for part in ON_HOSTS)]
    connecting = {file: file.read_text("utf-8") for file in mine if CONNECTING.search(file.read_text("utf-8"))}
    assert len(connecting) >= len({known.name for known in registry.services() if known.driver_errors})
    assert [str(file) for file, text in connecting.items() if "reach(" not in text and REACHED not in text] == []


REACHED = "connection.info.host"
"""Where a connection that is open already came from."""
