"""Where Allure comes from: its place in a checkout, or npm once into the user's cache, or a sentence."""

import os
import stat
from pathlib import Path

import pytest

from hadrill.report import allure_program as place
from hadrill.report.allure_program import PROGRAM, NoAllureError, allure_program, cache

NPM = """#!/bin/sh
echo "$@" >> {calls}
cat package.json package-lock.json > /dev/null || exit 9
[ -z "$NPM_FAILS" ] || {{ echo "npm error code ENOTFOUND" >&2; exit 1; }}
/bin/mkdir -p node_modules/.bin && /bin/touch node_modules/.bin/allure
"""


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A computer with a node and an npm of its own, an empty cache, and no checkout."""
    for name, text in (("npm", NPM.format(calls=tmp_path / "calls")), ("node", "#!/bin/sh\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(place, "BESIDE", tmp_path / "no-checkout")
    return tmp_path


def calls(computer: Path) -> list[str]:
    """What npm was called with."""
    return (computer / "calls").read_text().splitlines() if (computer / "calls").exists() else []


def test_it_is_installed_once_and_its_scripts_are_not_run(computer: Path) -> None:
    assert allure_program() == allure_program() == cache() / PROGRAM
    (call,) = calls(computer)
    assert call.startswith("ci --ignore-scripts ")
    assert sorted(file.name for file in cache().parent.iterdir()) == [cache().name, f"{cache().name}.lock"]


def test_a_checkouts_own_comes_first(computer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "BESIDE", computer / "node")
    assert allure_program() == computer / "node"
    assert not calls(computer)


def test_another_pin_has_another_folder(computer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache()
    (computer / "pin").mkdir()
    for name in place.FILES:
        (computer / "pin" / name).write_text("{}")
    monkeypatch.setattr(place, "PIN", computer / "pin")
    assert cache() != before


def test_npm_that_fails_is_quoted_leaves_nothing_and_is_not_asked_again_today(
    computer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NPM_FAILS", "1")
    with pytest.raises(NoAllureError, match=r"npm could not install Allure into .*: npm error code ENOTFOUND"):
        allure_program()
    with pytest.raises(NoAllureError, match=r"tried again once .* is a day old, or gone"):
        allure_program()
    assert len(calls(computer)) == 1
    assert not cache().exists()
    failed = cache().with_suffix(".failed")
    os.utime(failed, (0, 0))
    monkeypatch.delenv("NPM_FAILS")
    assert allure_program().exists()
    assert not failed.exists()


def test_a_computer_without_npm_is_told_what_is_missing(computer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoAllureError, match="install npm and node"):
        allure_program()


def test_a_cache_that_cannot_be_written_is_a_sentence(computer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (computer / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(computer / "file"))
    with pytest.raises(NoAllureError, match="Not a directory"):
        allure_program()
    assert stat.S_ISREG((computer / "file").stat().st_mode)
