"""How long clients may be without MariaDB, from Galera's live provider options and the SQL proxies' checks.

Source: Galera's documentation of evs.suspect_timeout, evs.inactive_timeout and evs.install_timeout.
"""

import re

from hadrill.faults import Kind
from hadrill.remote import Remote
from hadrill.services.asking import failures
from hadrill.services.client_parts import SILENT, TURN, hang
from hadrill.services.errors import BadAnswerError, Fields, NoMemberError, reading
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.mariadb.sql_proxies import SqlProxies
from hadrill.timing import Budget, Part, budget

CHECK_SECONDS = 0.5
"""evs.inactive_check_period: how often suspicion is looked at."""
SHUTDOWN_SECONDS = 3.0
"""A node that stops leaves the group at once, then ends its connections."""


def mariadb_budget(
    service: Mariadb, proxies: SqlProxies, remote: Remote, kind: Kind, role: str, multiplier: float
) -> Budget:
    """A sum of parts. All nodes wait while the group makes sure that one is gone, whichever it was."""
    parts: list[Part] = []
    if kind in (Kind.CRASH, Kind.RESTART, *SILENT):
        options, source = _options(service)
        parts += [
            Part("suspect", _duration(options["evs.suspect_timeout"]), source),
            Part("check", CHECK_SECONDS, "evs.inactive_check_period"),
            # The nodes that are left agree on the new view; by its timeout they must have.
            Part("install", _duration(options["evs.install_timeout"]), source),
        ]
    elif kind is Kind.STOP:
        parts.append(Part("shutdown", SHUTDOWN_SECONDS, "a graceful leave"))
    if role == "writer" or proxies.reads_anywhere:
        parts.append(proxies.down(remote, kind in SILENT))
    return budget([*parts, TURN, hang(kind)], multiplier)


def _options(service: Mariadb) -> tuple[dict[str, str], str]:
    untold = []
    for host in service.members:
        try:
            with service.connect(host.address, database=None) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT @@wsrep_provider_options")
                with reading(f"MariaDB on {host}"):
                    pairs = [part.partition("=") for part in str(cursor.fetchone()[0]).split(";")]
                options = {name.strip(): value.strip() for name, _, value in pairs}
                return Fields(f"wsrep_provider_options of {host}", options), f"live, {host}"
        except failures() as error:
            untold.append(f"{host}: {error}")
    raise NoMemberError("no node tells its provider options: " + "; ".join(untold))


def _duration(text: str) -> float:
    """Galera's ISO 8601 durations: PT5S, PT7.5S, PT1M."""
    found = re.fullmatch(r"PT(?:([0-9.]+)M)?(?:([0-9.]+)S)?", text)
    if found is None:
        raise BadAnswerError(f"not a duration: {text}")
    return float(found.group(1) or 0) * 60 + float(found.group(2) or 0)
