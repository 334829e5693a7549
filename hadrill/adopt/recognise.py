"""Which service a program belongs to, and what it says of itself and its peers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from hadrill import on_host
from hadrill.adopt.survey import Survey
from hadrill.diagnosis.facts import Question
from hadrill.inventory import Host
from hadrill.remote import Remote, RemoteError, reading, run_program
from hadrill.services import registry
from hadrill.services.adopting import Adoption, Ask, Program, Told
from hadrill.services.service import Component

ASK_SECONDS = 15.0
ROUNDS = 4
"""What a file names may have to be asked for next; no service needs more than two."""


@dataclass(frozen=True)
class Part:
    """A program that is a component of a service, on its host, and what it says."""

    host: Host
    service: str
    component: str
    program: Program
    told: Told = field(default_factory=Told)

    @property
    def record(self) -> Component:
        """The component as the service's record has it."""
        return next(part for part in registry.service(self.service).components if part.name == self.component)


@cache
def adoptions() -> dict[str, Adoption]:
    """What each service that can be adopted says about it."""
    return {known.name: registry.load(known.adoption) for known in registry.services() if known.adoption}


def variables() -> set[str]:
    """Environment variables that any service reads."""
    return {name for adoption in adoptions().values() for name in adoption.variables}


def claimed(survey: Survey) -> list[Part]:
    """Every component that any service takes one of a host's programs for; two may claim one."""
    return [
        Part(survey.host, service, component, program)
        for program in survey.programs
        for service, adoption in adoptions().items()
        if (component := adoption.component(program))
    ]


def told(remote: Remote, surveys: Iterable[Survey]) -> tuple[list[Part], dict[Host, RemoteError]]:
    """Ask every program that is recognised what it knows. Hosts that did not answer are told apart."""
    by_host = {survey.host: parts for survey in surveys if (parts := claimed(survey))}
    answers = remote.everywhere(by_host, lambda host: _of_host(remote, host, by_host[host]))
    silent = {host: answer for host, answer in answers.items() if isinstance(answer, RemoteError)}
    parts = [part for answer in answers.values() if not isinstance(answer, RemoteError) for part in answer]
    return parts, silent


def _of_host(remote: Remote, host: Host, parts: Sequence[Part]) -> list[Part]:
    answers: dict[int, dict[str, str]] = {number: {} for number in range(len(parts))}
    for _ in range(ROUNDS):
        asked = {
            f"{number} {name}": (number, name, ask)
            for number, part in enumerate(parts)
            for name, ask in adoptions()[part.service].questions(part.program, answers[number]).items()
            if name not in answers[number]
        }
        if not asked:
            break
        texts = _asked(remote, host, {key: ask for key, (_, _, ask) in asked.items()})
        for key, (number, name, _) in asked.items():
            answers[number][name] = texts[key]
    return [
        Part(host, part.service, part.component, part.program, adoptions()[part.service].told(part.program, answers[n]))
        for n, part in enumerate(parts)
    ]


def _asked(remote: Remote, host: Host, asks: Mapping[str, Ask]) -> dict[str, str]:
    questions = {
        key: (ask.address, ask.port, ask.payload, ask.until) for key, ask in asks.items() if isinstance(ask, Question)
    }
    commands = {key: ask for key, ask in asks.items() if isinstance(ask, str)}
    message = {"questions": questions, "commands": commands, "seconds": ASK_SECONDS}
    answer = run_program(remote, host, on_host.program("ask"), message, 2 * ASK_SECONDS)
    with reading(host):
        return {**{key: answer["questions"][key]["text"] for key in questions}, **answer["commands"]}
