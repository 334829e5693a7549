"""Why a check failed: the same diagnosis as a drill's, of each service at most once a run."""

from functools import cache

from hadrill.diagnosis import Cause
from hadrill.inventory import Inventory
from hadrill.remote import Remote, RemoteError
from hadrill.services.asking import failures
from hadrill.services.clusters import CLUSTERS, cluster_of


class Examiner:
    """Opens connections when the first check fails, and not before."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self.examine = cache(self._examine)

    def _examine(self, service: str) -> tuple[tuple[Cause, ...], str]:
        """The causes, the most telling first, and what else is to be said. The check's verdict stands without them."""
        if service not in CLUSTERS:
            return (), ""
        try:
            with Remote(self._inventory) as remote:
                found = cluster_of(self._inventory, remote, service).diagnose()
        except failures(RemoteError) as error:
            return (), f"no diagnosis: {type(error).__name__}: {error}"
        if found is None:
            return (), ""
        silent = [f"not asked, so not judged: {line}" for line in found.silent]
        # A host that does not answer is what the check itself says: nothing unknown is left then.
        return found.causes, "\n".join(silent if found.causes or silent else [found.summary])
