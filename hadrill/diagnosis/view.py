"""The facts of a diagnosis, read by their meaning: what the views of all services have in common."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Generic, Protocol, Self, TypeVar

from hadrill.diagnosis.facts import STATISTICS, Facts, HostFacts, Reply
from hadrill.inventory import Host, Inventory
from hadrill.placement import Placement, placed
from hadrill.services import registry

REFUSED = "refused"
"""The error of a reply whose port was closed (hadrill/on_host/ask.py)."""
LINES = 3
"""How many lines of a log are kept as evidence, the newest ones."""


class Clustered(Protocol):
    """What is asked of a service's own object: its hosts."""

    @property
    def inventory(self) -> Inventory:
        """The inventory that has them."""

    @property
    def members(self) -> Sequence[Host]:
        """Hosts of the members."""

    @property
    def proxies(self) -> Sequence[Host]:
        """Hosts of the proxies that clients use."""


Service = TypeVar("Service", bound=Clustered)


class View(Generic[Service]):
    """A service's facts. `victim` was broken on purpose: that it does not answer explains nothing.

    `before`: no fault was made yet. Then logs may be about something that is over, and alone prove nothing.
    """

    def __init__(self, service: Service, facts: Facts, victim: str = "", *, before: bool = False) -> None:
        self.service, self.facts, self.victim, self.before = service, facts, victim, before
        self.looked_at: set[str] = set()
        """Hosts that a rule has looked at, also those that could not be asked."""
        self._answered: dict[str, bool] = {}  # hosts of which an answer was read, and whether one of these was any

    def again(self) -> Self:
        """A view of the same facts for another rule, with nothing looked at yet."""
        return type(self)(self.service, self.facts, self.victim, before=self.before)

    @property
    def unheard(self) -> set[str]:
        """Hosts that could be asked, and gave a rule not one of the answers that it read."""
        return {host for host, answered in self._answered.items() if not answered}

    @property
    def everybody(self) -> list[Host]:
        """All hosts that were to be asked, also those that could not be."""
        return [host for host in (*self.service.members, *self.service.proxies) if host.name in self.facts.hosts]

    @property
    def asked(self) -> dict[str, HostFacts]:
        """Facts of every host that could be asked."""
        known = [host.name for host in self.everybody]
        self.looked_at |= set(known) - {self.victim}
        return {name: self.facts.hosts[name] for name in known if not self.facts.hosts[name].unreachable}

    @property
    def names(self) -> list[str]:
        """All members."""
        return [host.name for host in self.service.members]

    @property
    def hosts(self) -> list[str]:
        """Members that could be asked and were not broken on purpose."""
        return self._asked(self.service.members)

    @property
    def proxies(self) -> list[str]:
        """Proxies that could be asked."""
        return self._asked(self.service.proxies)

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every member that could be asked, with every other one that was not broken on purpose."""
        return ((one, other) for one in self.hosts for other in self.names if other not in (one, self.victim))

    def name_of(self, address: str) -> str:
        """The name of the member with this address; the address itself where there is none."""
        return next((host.name for host in self.service.members if host.address == address), address)

    def placed(self, component: str) -> Placement:
        """How a component runs on the members."""
        owner = next(known for known in registry.services() if component in {part.name for part in known.components})
        return placed(self.service.inventory.record(owner.name, self.service.members[0]), component)

    def answer(self, host: str, name: str) -> "NotedReply":
        """One answer of a host."""
        return NotedReply(self.facts.hosts[host][name], partial(self._read, host))

    def printed(self, host: str, name: str) -> str:
        """The output of a command that always prints something: where it is empty, the host could not be asked."""
        text = self.facts.hosts[host][name].text
        self._read(host, bool(text.strip()))
        return text

    def log(self, host: str, name: str, pattern: str) -> list[str]:
        """The newest lines of a log that match."""
        lines = self.answer(host, name).text.splitlines()
        return [f"{host}: {_short(line)}" for line in lines if re.search(pattern, line)][-LINES:]

    def page(self, host: str, name: str) -> Any:
        """A page's JSON; None where there was no answer, another status than 200, or no JSON."""
        head, _, body = self.answer(host, name).text.partition("\r\n\r\n")
        try:
            return json.loads(body) if " 200 " in head.partition("\r\n")[0] else None
        except ValueError:
            return None

    def filtered(self, ports: Mapping[str, int]) -> Iterator[str]:
        """Ports that answer on their own host and not to others, by the names under which they were asked.

        A refusal counts only where all others are refused, and none of the ports refuses its own host: a program that
        just starts or ends refuses some by chance.
        """
        for name, port in ports.items():
            heard = {(asker, asked): self.answer(asker, f"{name}@{asked}").error for asker, asked in self.pairs}
            reached = {asked for (_, asked), error in heard.items() if not error}
            for (asker, asked), error in heard.items():
                if not error or asked not in self.hosts or self.answer(asked, f"{name}@{asked}").error:
                    continue
                settled = all(not self.answer(asked, f"{other}@{asked}").error for other in ports)
                if error != REFUSED or (settled and asked not in reached):
                    yield f"{asker} -> {asked}:{port}: {error}, though it answers on {asked} itself"

    def single_proxy(self) -> Iterator[str]:
        """The one proxy that still answers, of several."""
        alive = self.servers()
        if len(self.service.proxies) > 1 and len(alive) == 1:
            yield f"only {next(iter(alive))} answers on its statistics port"

    def servers(self) -> dict[str, dict[str, dict[str, str]]]:
        """HAProxy's servers by proxy and name, with the columns of its statistics."""
        by_proxy = {}
        for proxy in self.proxies:
            # From a page, or without its head from a socket.
            _, _, rows_of = self.answer(proxy, STATISTICS).text.rpartition("# ")
            rows = csv.DictReader(io.StringIO(rows_of))
            servers = {row["svname"]: row for row in rows if row["svname"] not in ("FRONTEND", "BACKEND")}
            if servers:
                by_proxy[proxy] = servers
        return by_proxy

    def _read(self, host: str, answered: bool) -> None:
        self.looked_at.add(host)
        self._answered[host] = self._answered.get(host, False) or answered

    def _asked(self, hosts: Sequence[Host]) -> list[str]:
        known = [host.name for host in hosts if host.name != self.victim and host.name in self.facts.hosts]
        self.looked_at |= set(known)
        return [name for name in known if not self.facts.hosts[name].unreachable]


class NotedReply:
    """A reply that notes whether a rule got what it read: the text of one that only failed is none.

    A rule that reads the error is about errors, so any is an answer to it.
    """

    def __init__(self, reply: Reply, note: Callable[[bool], None]) -> None:
        self._reply, self._note = reply, note

    @property
    def text(self) -> str:
        """What the host said."""
        self._note(bool(self._reply.text) or not self._reply.error)
        return self._reply.text

    @property
    def is_any(self) -> bool:
        """Whether the host said anything, where silence is an answer too."""
        self._note(True)
        return bool(self._reply.text)

    @property
    def error(self) -> str:
        """Why it did not say all of it."""
        self._note(True)
        return self._reply.error


def _short(line: str) -> str:
    """A line of the journal without the host's and the program's names."""
    parts = line.split(" ", 2)
    return f"{parts[0][11:23]} {parts[2].partition(': ')[2]}" if len(parts) == 3 else line
