"""Why a check failed: the same diagnosis as a drill's, of each service at most once in a run."""

from functools import cache

from hadrill.diagnosis import Cause
from hadrill.inventory import Inventory
from hadrill.remote import Remote, RemoteError
from hadrill.services.abilities import Diagnosed
from hadrill.services.asking import failures
from hadrill.services.clusters import CLUSTERS, cluster_of


class Examiner:
    """Asks hosts over the run's connections when the first check of a service fails, and not before."""

    def __init__(self, inventory: Inventory, remote: Remote) -> None:
        self._inventory, self._remote = inventory, remote
        self.examine = cache(self._examine)

    def _examine(self, service: str, name: str = "") -> tuple[tuple[Cause, ...], str]:
        """The causes, the most telling first, and notes. Neither changes the check's outcome."""
        if service not in CLUSTERS:
            return (), ""
        try:
            cluster = cluster_of(self._inventory, self._remote, service, name)
            diagnosis = cluster.diagnose() if isinstance(cluster, Diagnosed) else None
        except failures(RemoteError) as error:
            return (), f"no diagnosis: {type(error).__name__}: {error}"
        if diagnosis is None:
            return (), ""
        silent = [f"not asked, so not judged: {line}" for line in diagnosis.silent]
        # A host that does not answer is what the check itself says: nothing unknown is left then.
        return diagnosis.causes, "\n".join(silent if diagnosis.causes or silent else [diagnosis.summary])
