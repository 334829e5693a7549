"""Versions as they are really running, asked of the services themselves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hadrill.inventory import Inventory
from hadrill.services import registry
from hadrill.services.asking import failures, first_line
from hadrill.services.clusters import present


def running_versions(inventory: Inventory) -> dict[str, str]:
    """Version of each service in the inventory; where it does not answer, the reason."""
    questions: dict[str, Callable[[], str]] = {}
    for known in registry.services():
        if known.versions and present(inventory, known.name):
            for cluster in inventory.clusters_of(known.name):
                asked = registry.load(known.versions)(inventory.about(cluster))
                name = "" if cluster.only else f" {cluster.name}"
                questions |= {f"{title}{name}": question for title, question in asked.items()}

    def ask(question: Callable[[], str]) -> str:
        try:
            return question()
        except failures() as error:
            return f"no answer ({first_line(error)})"

    with ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(questions, pool.map(ask, questions.values()), strict=True))
