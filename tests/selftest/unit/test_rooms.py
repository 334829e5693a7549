"""Imports run one way, from the street to the cellar: tools/rooms.py says which room lies below which."""

import re
from importlib import import_module

import pytest

from tools.rooms import Arrow, arrows, below, modules, room_of


def test_no_import_runs_upwards() -> None:
    assert [str(arrow) for arrow in arrows() if arrow.upward] == []


def test_every_module_has_a_room() -> None:
    assert {room_of(module) for module in modules()} >= {"cli", "drill", "report", "services", "inventory", "lab"}


@pytest.mark.parametrize(
    ("arrow", "upward"),
    [
        (Arrow("hadrill.report.drills", "hadrill.drill.result"), True),
        (Arrow("hadrill.chaos.draw", "hadrill.drill.case"), False),
        (Arrow("hadrill.cli.drills", "hadrill.lab.lab"), True),
        (Arrow("hadrill.inventory.host", "hadrill.services.registry"), False),
        (Arrow("hadrill.inventory.host", "hadrill.services.redis.service"), True),
    ],
)
def test_an_arrow_that_leads_up_is_told_from_one_that_leads_down(arrow: Arrow, upward: bool) -> None:
    assert arrow.upward is upward


@pytest.mark.parametrize("room", ["services", "placement", "remote"])
def test_a_room_imports_what_it_says(room: str) -> None:
    text = " ".join((import_module(f"hadrill.{room}").__doc__ or "").split())
    (listed,) = re.findall(r"Imports only the rooms ([^.]*)\.", text)
    assert set(re.split(", | and ", listed)) == below()[room]
