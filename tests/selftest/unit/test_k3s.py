"""K3s' program: where it comes from may have any characters, and a wrong sum is refused."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from hadrill.install import kubernetes, tasks
from hadrill.install.kubernetes import k3s
from hadrill.install.site import Site
from hadrill.inventory import Host, read
from hadrill.remote import Output


class Here:
    """A remote whose only host is this computer."""

    def attempt(self, _: Host, command: str) -> Output:
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        return Output(done.returncode, done.stdout, done.stderr)

    def run(self, host: Host, command: str, *, seconds: float) -> Output:
        assert seconds > 0
        output = self.attempt(host, command)
        if output.status != 0:
            raise OSError(output.stderr.strip())
        return output


@pytest.mark.parametrize("place", ["plain", "it's; touch owned; '", "$(touch owned)", 'a "quoted" place; touch owned'])
def test_the_program_comes_from_a_place_with_any_name(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    source, target = tmp_path / place / "k3s", tmp_path / "bin-k3s"
    source.parent.mkdir()
    source.write_text("#!/bin/sh\n")
    monkeypatch.setattr(k3s, "PROGRAM", str(target))
    site = Site(read(lab), check=False)
    monkeypatch.setattr(site, "remote", Here())
    host, wrong = site.inventory.hosts[0], "0" * 64
    with pytest.raises(OSError, match=r"the sum of .* is not 0000") as refused:
        k3s._fetch(site, host, str(source), wrong)
    assert str(source) in str(refused.value)
    assert not target.exists()
    k3s._fetch(site, host, str(source), hashlib.sha256(source.read_bytes()).hexdigest())
    assert target.stat().st_mode & 0o111
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([place, "lab", "bin-k3s"])


def test_an_inventory_without_nodes_has_nothing_to_install(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (lab / "profile").write_text("data\n")
    site = Site(read(lab), check=False)
    kubernetes.install(site)
    tasks._proved("kubernetes", kubernetes.install)(site)
    output = capsys.readouterr().out
    assert output.count("kubernetes: nothing to install: the inventory has no host for it") == 2
    assert "whole" not in output
