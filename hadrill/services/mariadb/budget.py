"""How long clients may be without MariaDB, from Galera's live provider options and the SQL proxies' checks.

Source: Galera's documentation of evs.suspect_timeout, evs.inactive_timeout and evs.install_timeout.
"""

from hadrill.faults import Kind
from hadrill.inventory import Host
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.client_parts import SILENT, TURN, hang
from hadrill.services.errors import Fields, NoMemberError, reading
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.mariadb.sql_proxies import SqlProxies
from hadrill.timing import Budget, Part, budget, duration

CHECK_SECONDS = 0.5
"""evs.inactive_check_period: how often Galera checks for nodes that are silent."""
SHUTDOWN_SECONDS = 3.0
"""A node that stops leaves the group at once, then ends its connections."""


def mariadb_budget(
    service: Mariadb, proxies: SqlProxies, remote: Remote, kind: Kind, role: str, multiplier: float
) -> Budget:
    """The sum of parts. All nodes wait until the group is sure that one is gone, whichever it was."""
    parts: list[Part] = []
    if kind in (Kind.CRASH, Kind.RESTART, *SILENT):
        options, source = _options(service)
        with reading(f"wsrep_provider_options, {source}"):
            suspect, install = (duration(options[f"evs.{name}_timeout"]) for name in ("suspect", "install"))
        parts += [
            Part("suspect", suspect, source),
            Part("check", CHECK_SECONDS, "evs.inactive_check_period"),
            # The nodes that are left agree on the new view; by its timeout they must have.
            Part("install", install, source),
        ]
    elif kind is Kind.STOP:
        parts.append(Part("shutdown", SHUTDOWN_SECONDS, "a graceful leave"))
    if role == "writer" or proxies.reads_anywhere:
        parts.append(proxies.down(remote, kind in SILENT))
    return budget([*parts, TURN, hang(kind)], multiplier)


def weight_of(service: Mariadb, host: Host) -> int:
    """The votes of a node (pc.weight); one where it does not say. Source: Galera's weighted quorum."""
    try:
        with reading(f"wsrep_provider_options of {host}"):
            return int(provider_options(service, host)["pc.weight"])
    except failures():
        return 1


def provider_options(service: Mariadb, host: Host) -> dict[str, str]:
    """A node's wsrep_provider_options. Raises one of asking.failures()."""
    with service.connect(host.address, database=None) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@wsrep_provider_options")
        with reading(f"MariaDB on {host}"):
            pairs = [part.partition("=") for part in str(cursor.fetchone()[0]).split(";")]
    return Fields(f"wsrep_provider_options of {host}", {name.strip(): value.strip() for name, _, value in pairs})


def _options(service: Mariadb) -> tuple[dict[str, str], str]:
    untold = []
    for host in service.members:
        try:
            return provider_options(service, host), f"live, {host}"
        except failures() as error:
            untold.append(f"{host}: {error}")
    raise NoMemberError("no node tells its provider options: " + "; ".join(untold))
