"""What the hosts say: questions that each host puts to itself and to the others, and their answers."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from hadrill.inventory import Host
from hadrill.on_host import program
from hadrill.remote import Remote, RemoteError, reading, run_program

ASK_SECONDS = 3.0
"""Longest time of each question and each command on a host; all of them are asked at once."""
COLLECT_SECONDS = 8.0
LOG_LINES = 400
STATISTICS = "statistics"
"""The name under which a proxy is asked for statistics()."""


@dataclass(frozen=True)
class Question:
    """A payload that a host sends to a port. Without one only a connection is tried.

    The answer ends when the other side closes, or with the text `until`.
    """

    address: str
    port: int
    payload: str
    until: str = ""


def page(address: str, port: int, path: str, *headers: str) -> Question:
    """The question for a page over HTTP."""
    lines = [f"GET {path} HTTP/1.0", f"Host: {address}", *headers, "", ""]
    return Question(address, port, "\r\n".join(lines))


def statistics(address: str, port: int, backend: str, path: str = "/") -> Question:
    """The question for HAProxy's statistics of a backend's servers, on its page."""
    return page(address, port, f"{path};csv;norefresh;scope={backend}")


def reached(name: str, peers: Iterable[Host], port: int) -> dict[str, Question]:
    """Questions whether a port of these hosts can be reached, under the names that View.filtered() looks for."""
    return {f"{name}@{peer.name}": Question(peer.address, port, "") for peer in peers}


@dataclass(frozen=True)
class Reply:
    """The answer to a question or a command. `error` is `refused`, `no answer` (to the connection), `silent` (after
    it), or the system's own text; empty where there was an answer.
    """

    text: str = ""
    error: str = ""


@dataclass(frozen=True)
class Order:
    """What one host is asked: questions to ports by name, and shell commands by name.

    `from_here`: what the runner itself asks over the network, where a protocol needs a login. Each of these functions
    has a deadline of its own and raises nothing.
    """

    questions: Mapping[str, Question] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    from_here: Mapping[str, Callable[[], Reply]] = field(default_factory=dict)


@dataclass(frozen=True)
class HostFacts:
    """One host's answers. `unreachable` says why there are none.

    `time` is the host's own in seconds since 1970; 0 where no clock was read. It is `skew` seconds ahead of the
    runner's, with an error of at most `doubt`: it is not known when within a slow answer the host read its clock.
    """

    answers: Mapping[str, Reply] = field(default_factory=dict)
    unreachable: str = ""
    time: float = 0.0
    skew: float = 0.0
    doubt: float = 0.0

    def __getitem__(self, name: str) -> Reply:
        return self.answers.get(name, Reply(error="not asked"))


@dataclass(frozen=True)
class Facts:
    """Everything that rules look at: answers by host name."""

    hosts: Mapping[str, HostFacts]

    @classmethod
    def collect(cls, remote: Remote, orders: Mapping[Host, Order], besides: Mapping[str, str]) -> Self:
        """Ask all hosts at once, each its own order and the same commands `besides`.

        A dead host costs one deadline; its facts say why there are no answers.
        """
        answers = remote.everywhere(orders, lambda host: _ask(remote, host, orders[host], besides))
        silent = {h.name: HostFacts(unreachable=a.reason) for h, a in answers.items() if isinstance(a, RemoteError)}
        return cls(silent | {h.name: a for h, a in answers.items() if not isinstance(a, RemoteError)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Facts from the text that as_json() made."""
        return cls(
            {
                name: HostFacts(
                    {question: Reply(**answer) for question, answer in host["answers"].items()},
                    host["unreachable"],
                    host["time"],
                    host["skew"],
                    host["doubt"],
                )
                for name, host in json.loads(text).items()
            }
        )

    def as_json(self) -> str:
        """The form in which facts are kept."""
        kept = {
            name: {
                "unreachable": host.unreachable,
                "time": host.time,
                "skew": host.skew,
                "doubt": host.doubt,
                "answers": {question: vars(answer) for question, answer in host.answers.items()},
            }
            for name, host in self.hosts.items()
        }
        return json.dumps(kept, indent=0, sort_keys=True)


def _ask(remote: Remote, host: Host, order: Order, besides: Mapping[str, str]) -> HostFacts:
    message = {
        "questions": {name: [q.address, q.port, q.payload, q.until] for name, q in order.questions.items()},
        "commands": {**order.commands, **besides},
        "seconds": ASK_SECONDS,
    }
    asked = time.time()
    heard = run_program(remote, host, program("ask"), message, COLLECT_SECONDS)
    answered = time.time()
    with reading(host):
        answers = {name: Reply(answer["text"], answer["error"]) for name, answer in heard["questions"].items()}
        answers |= {name: Reply(printed) for name, printed in heard["commands"].items()}
        began, ended = float(heard["time"]), float(heard["ended"])
    answers |= {name: question() for name, question in order.from_here.items()}
    # The host began after the runner asked, and ended before the answer came: two limits of its clock's lead.
    most, least = began - asked, ended - answered
    return HostFacts(answers, time=began, skew=round((most + least) / 2, 2), doubt=round((most - least) / 2 + 0.01, 2))
