"""What members are asked when Echo does not serve, and what their answers mean."""

from collections.abc import Iterator

from hadrill.diagnosis import Examination, Order, Question, Rule, View, reached
from hadrill.inventory import Host
from hadrill_echo.client import PORT, Echo

WORD = "diagnosis"


def orders(service: Echo, since_seconds: int) -> dict[Host, Order]:
    """Each member is asked on its own host, and tries the others' port."""
    return {
        host: Order({"say": Question(host.address, PORT, f"{WORD}\n", "\n"), **reached("echo", service.members, PORT)})
        for host in service.members
    }


def unfaithful(view: View[Echo]) -> Iterator[str]:
    """Members that say something else."""
    for host in view.hosts:
        answer = view.answer(host, "say")
        if not answer.error and answer.text.strip() != WORD:
            yield f"{host}: hears {WORD!r} and says {answer.text.strip()!r}"


def stopped(view: View[Echo]) -> Iterator[str]:
    """Members that answer nobody, not even on their own host."""
    for host in view.hosts:
        if error := view.answer(host, "say").error:
            yield f"{host}: {error}"


RULES: tuple[Rule[View[Echo]], ...] = (
    Rule(
        "echo-unfaithful",
        "a member does not say what it hears",
        "a word that it is told on its own host, and its answer",
        "`fab echo` brings back the program that was installed",
        unfaithful,
    ),
    Rule(
        "echo-filtered",
        "a member's port answers on its own host and not to the other",
        "no answer from the other member, an answer on the host itself",
        "open 7007 between the members (UFW)",
        lambda view: view.filtered({"echo": PORT}),
    ),
    Rule(
        "echo-stopped",
        "a member does not serve",
        "no answer on its own host",
        "systemctl start hadrill-echo; its log says why it ended",
        stopped,
    ),
)
"""Most telling first."""

EXAMINATION = Examination("echo", orders, View[Echo], RULES)
