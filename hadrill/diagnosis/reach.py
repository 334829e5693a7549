"""Whether any of a service's hosts can be reached from here: where none can, no rule can say anything."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from hadrill.diagnosis.facts import Order
from hadrill.inventory import Host, Inventory
from hadrill.remote import from_here

CONNECT_SECONDS = 2.0
SHOWN = 3
"""Only so many names are shown."""


def answering(places: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """Which of these addresses and ports accept or refuse a connection, and so are alive. All are tried at once."""
    chosen = list(places)

    def answers(place: tuple[str, int]) -> bool:
        try:
            from_here.try_port(*place, CONNECT_SECONDS)
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
        return True

    with ThreadPoolExecutor(max_workers=max(1, len(chosen))) as pool:
        return {place for place, answers in zip(chosen, pool.map(answers, chosen), strict=True) if answers}


def own_ports(host: Host, order: Order) -> set[int]:
    """The ports of a host's own service, by the questions that it would have put to itself."""
    mine = (host.address, "127.0.0.1")
    return {question.port for question in order.questions.values() if question.address in mine}


def why_nobody_answers(service: str, inventory: Inventory, orders: Mapping[Host, Order], reason: str) -> str:
    """Why no member of a service could be asked over SSH, as far as it can be seen from here.

    `orders`: what each member was to be asked. `reason`: the error of SSH for one of them.
    """
    own = {
        (host.address, port)
        for host, order in orders.items()
        for port in (from_here.ssh_port(host.address), *own_ports(host, order))
    }
    others = {(h.address, from_here.ssh_port(h.address)): h.name for h in inventory.managed if h not in orders}
    answers = answering([*own, *others])
    if there := sorted(own & answers):
        shown = ", ".join(f"{address}:{port}" for address, port in there[:SHOWN])
        return f"no host of {service} can be asked over SSH ({reason}), though there is somebody at {shown}"
    if alive := sorted(name for place, name in others.items() if place in answers):
        names = ", ".join(alive[:SHOWN]) + (f" and {len(alive) - SHOWN} more" if len(alive) > SHOWN else "")
        return f"no host of {service} answers SSH or its ports: powered off or cut off ({names} answer)"
    return f"no host of {service} answers SSH or its ports: {unreachable_network(inventory)}"


def unreachable_network(inventory: Inventory) -> str:
    """The sentence for a network that cannot be reached at all."""
    question = " (lab down?)" if inventory.settings.lab else ""
    return f"{inventory.settings.private_network} is unreachable from here{question}"
