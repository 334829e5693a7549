"""A lab is removed whatever state Docker is in: behind with machines that ended, or left with endpoints of none."""

import json

import pytest

from hadrill.lab import removal
from hadrill.lab.docker import LabError

NETWORK = "hadrill-lab"


class Engine:
    """Docker's answers. What a command must be told first, it refuses so many times."""

    def __init__(self, containers: list[str], endpoints: list[str], refusals: dict[str, int]) -> None:
        self.containers, self.endpoints, self.networks = set(containers), set(endpoints), {NETWORK, "host"}
        self._refusals = refusals
        self.asked: list[str] = []
        self.uncounted = False

    def __call__(self, *arguments: str) -> str:
        command = " ".join(arguments)
        verb = " ".join(arguments[:2]) if arguments[0] == "network" else arguments[0]
        self.asked.append(command)
        if self._refusals.get(verb, 0) > 0:
            self._refusals[verb] -= 1
            raise LabError(f"docker {verb}: not now")
        if verb == "rm":
            self.containers -= set(arguments[3:])
        elif verb == "network rm":
            if self.endpoints or self.uncounted:
                raise LabError("network has active endpoints")
            self.networks.remove(arguments[2])
        elif verb == "network disconnect":
            assert "--force" in arguments
            self.endpoints.discard(arguments[-1])
        answers = {
            "ps": "\n".join(self.containers),
            "network ls": "\n".join(self.networks),
            "network inspect": json.dumps(
                [{"Containers": {f"ep-{name}": {"Name": name, "EndpointID": "1"} for name in self.endpoints}}]
            ),
        }
        return answers.get(verb, "")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Two machines; two endpoints are left of others."""
    made = Engine(["lab-a", "lab-b", "mine"], ["lab-c", "lab-d"], {})
    monkeypatch.setattr(removal, "docker", made)
    monkeypatch.setattr(removal, "GONE_SECONDS", 0.3)
    return made


def test_machines_are_removed_when_docker_has_noticed_that_they_ended(engine: Engine) -> None:
    engine._refusals = {"rm": 2}
    removal.destroy(["lab-a", "lab-b", "lab-gone"])
    assert engine.containers == {"mine"}
    assert engine.asked.count("rm --force --volumes lab-a lab-b") == 3


def test_a_removal_that_another_finishes_is_done(engine: Engine) -> None:
    def removing(*arguments: str) -> str:
        if arguments[0] == "rm":
            engine.containers -= {"lab-a"}
            raise LabError("removal of container lab-a is already in progress")
        return engine(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(removal, "docker", removing)
        removal.destroy(["lab-a"])


def test_machines_that_stay_are_told_with_dockers_word(engine: Engine) -> None:
    engine._refusals = {"rm": 1_000_000}
    with pytest.raises(LabError, match=r"waited 0\.\d s for 1 machines to be removed; last seen: docker rm: not now"):
        removal.destroy(["lab-a"])


def test_endpoints_without_a_machine_are_taken_out_and_the_network_goes(engine: Engine) -> None:
    removal.remove_network(NETWORK)
    assert engine.networks == {"host"}
    assert {command for command in engine.asked if "disconnect" in command} == {
        f"network disconnect --force {NETWORK} {name}" for name in ("lab-c", "lab-d")
    }
    removal.remove_network(NETWORK)


def test_a_container_of_somebody_elses_is_named_and_left_in_the_network(engine: Engine) -> None:
    engine.endpoints = {"mine", "lab-c"}
    with pytest.raises(LabError, match=f"mine is in the lab's network.*docker network disconnect {NETWORK} mine"):
        removal.remove_network(NETWORK)
    assert engine.endpoints == {"mine", "lab-c"}


def test_endpoints_that_stay_are_told(engine: Engine) -> None:
    engine._refusals = {"network disconnect": 1_000_000}
    with pytest.raises(LabError, match=r"(?s)active endpoints.*Still in it: lab-c, lab-d"):
        removal.remove_network(NETWORK)


def test_a_network_with_nothing_in_it_that_docker_keeps_is_no_failure(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.endpoints, engine.uncounted = set(), True
    removal.remove_network(NETWORK)
    assert f"Docker keeps the network {NETWORK} until it starts anew" in capsys.readouterr().out
