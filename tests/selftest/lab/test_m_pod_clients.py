"""What pods do to try the data services works against the services themselves."""

from pathlib import Path

import pytest

from hadrill.inventory import Inventory
from hadrill.on_host import pod_clients
from hadrill.services.kubernetes import backends


def test_every_round_trip_succeeds_with_its_login(
    lab_inventory: Inventory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE", "the-runner")
    remarks: list[str] = []
    with backends.logins(lab_inventory, "selftest", remarks.append) as logins:
        # The logins themselves are handed over: no file of them is left for others to find.
        for name, text in backends.files_for(logins).items():
            if name.endswith(".py"):
                (tmp_path / name).write_text(text)
        round_trips = {name: pod_clients.round_trip_of(tmp_path / f"{name}.py") for name in logins}
        line = pod_clients.one_round(logins, round_trips)
    assert {name: line[name] for name in backends.NAMES} == dict.fromkeys(backends.NAMES, "ok")
    assert remarks == []
