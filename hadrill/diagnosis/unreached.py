"""Hosts that no check can reach: found once in a run, when the first check fails; later checks do not wait for them."""

from collections.abc import Sequence

from hadrill.diagnosis.reach import answering, unreachable_network
from hadrill.inventory import Host, Inventory
from hadrill.inventory.ports import openings


class UnreachedError(Exception):
    """A check cannot be made, as no host that it is about answers; the text says why."""


class Unreached:
    """Which hosts do not answer. look() tries every host, on SSH's port and on its services' ports; not before."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._silent: frozenset[Host] | None = None

    def look(self) -> None:
        """Try all hosts, unless that was done already. Takes one deadline."""
        if self._silent is None:
            inventory = self._inventory
            places = {(h.address, opening.port): h for h in inventory.managed for opening in openings(inventory, h)}
            self._silent = frozenset(inventory.managed) - {places[place] for place in answering(places)}

    @property
    def everything(self) -> bool:
        """Whether no host at all answers, as far as is known."""
        return self._silent is not None and len(self._silent) == len(self._inventory.managed)

    def why_not(self, name: str, hosts: Sequence[Host]) -> str:
        """Why a service on these hosts cannot be checked: none answers. Empty where one does, or nobody looked."""
        if not hosts or self._silent is None or not self._silent.issuperset(hosts):
            return ""
        if self.everything:
            return f"no host answers SSH or its ports: {unreachable_network(self._inventory)}"
        if len(hosts) == 1:
            return f"{hosts[0]} answers neither SSH nor its ports: powered off or cut off"
        return f"no host of {name} answers SSH or its ports: {', '.join(map(str, hosts))} powered off or cut off"
