"""An inventory in a folder, to be spoilt one way at a time."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hadrill.inventory import InvalidInventoryError, Inventory, read
from hadrill.inventory.credentials import write_missing
from hadrill.inventory.topology import FILE
from hadrill.services import registry
from tests.selftest.unit.jump_net import INNER, Net
from tests.selftest.unit.openssh import USERS, Server, new_key, serving
from tests.selftest.unit.projects import PYTEST_INI, ROOT


def copied(source: Path, target: Path) -> Path:
    """A copy of an inventory with credentials of its own."""
    target.mkdir(parents=True)
    for name in ("servers.tsv", "versions.yaml", "settings.yaml"):
        shutil.copy(source / name, target / name)
    write_missing(target / "credentials", registry.roles())
    return target


def problems_of(folder: Path) -> list[str]:
    """What is wrong with an inventory, with names of files as below its folder."""
    with pytest.raises(InvalidInventoryError) as caught:
        read(folder)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Replace the first such text in a file of an inventory."""
    text = (folder / name).read_text("ascii")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture(autouse=True, scope="session")
def modules_are_compiled_once() -> Iterator[None]:
    """As users have it: else each program that a test starts would compile all of hadrill for itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def nothing_is_downloaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where Allure is not installed npm would fetch it, for these tests and the programs that they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("npm_config_offline", "true")
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def pristine_lab(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    """The lab's inventory with credentials, read once: most tests ask for one that nobody has spoilt."""
    return read(copied(ROOT / "inventories" / "lab", tmp_path_factory.mktemp("pristine") / "lab"))


@pytest.fixture
def lab(pristine_lab: Inventory, tmp_path: Path) -> Path:
    """A copy of the lab's inventory."""
    return shutil.copytree(pristine_lab.folder, tmp_path / "lab")


def quietened(folder: Path) -> Path:
    """The same inventory at addresses of this computer where nobody listens: who asks does not wait, nor meet a lab."""
    for name in ("servers.tsv", "settings.yaml", FILE):
        if (folder / name).exists():
            text = (folder / name).read_text("ascii").replace("198.18.", "127.94.")
            # Discard's port: this computer may have an SSH server, on all of its addresses.
            (folder / name).write_text(text.replace("  user: root\n", "  user: root\n  port: 9\n"), "ascii")
    return folder


@pytest.fixture
def quiet(lab: Path) -> Path:
    """A copy of the lab's inventory, at addresses where nobody listens."""
    return quietened(lab)


@pytest.fixture
def keybuzz(tmp_path: Path) -> Path:
    """A copy of the production inventory."""
    return copied(ROOT / "inventories" / "keybuzz", tmp_path / "keybuzz")


@pytest.fixture
def lab_inventory(pristine_lab: Inventory, lab: Path) -> Inventory:
    """The lab's inventory, as read() gives it for the copy."""
    return replace(pristine_lab, folder=lab)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the folder of a basic suite."""
    (tmp_path / "project" / "tests" / "basic").mkdir(parents=True)
    (tmp_path / "project" / "pytest.ini").write_text(PYTEST_INI)
    return tmp_path / "project"


@pytest.fixture(scope="session")
def jump_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Server, Server, Path]]:
    """Both servers."""
    folder = tmp_path_factory.mktemp("openssh")
    key = new_key(folder / "key")
    keys = dict.fromkeys((*USERS, "root"), key)
    with (
        serving(folder / "jump", {"admin": key}, hosts={"inner": INNER}) as jump,
        serving(folder / "inner", keys, address=INNER) as inner,
    ):
        yield folder, jump, inner, key


@pytest.fixture
def net(
    jump_servers: tuple[Path, Server, Server, Path], lab_inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> Net:
    """Both servers, for an inventory, and no agent."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return Net(*jump_servers, lab_inventory)


SECOND = "".join(
    f"sessions-0{n}\t198.18.2.{n}\t\tsessions-0{n}.lab.hadrill.test\tredis\tsessions\t\n" for n in (1, 2, 3)
)
OWN_WAY = """clusters:
  - name: sessions
    service: redis
    ways_in:
      - {port: 6379, address: 198.18.0.10, at: 6380, between: [balancer, haproxy], backend: be_redis_sessions}
"""


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A copy of the lab's inventory with a second cluster of Redis."""
    folder = copied(ROOT / "inventories" / "lab", tmp_path / "two")
    with (folder / "servers.tsv").open("a", encoding="ascii") as rows:
        rows.write(SECOND)
    (folder / FILE).write_text(OWN_WAY)
    return folder
