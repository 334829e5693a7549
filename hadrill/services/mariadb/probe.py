"""What each Galera node says of itself."""

from typing import Any

import pymysql

from hadrill.inventory import Host
from hadrill.services.mariadb.service import Mariadb
from hadrill.services.member import SILENT, Member, Probe

ASK_SECONDS = 1
_VARIABLES = "'wsrep_cluster_status', 'wsrep_local_state_comment', 'wsrep_cluster_size'"


def probe(service: Mariadb, host: Host) -> Probe:
    """Component, state and size, over a connection that is kept. A node that is not synced and primary is `down`."""
    kept: list[Any] = []

    def ask() -> Member:
        try:
            if not kept:
                kept.append(service.connect(host.address, database=None, seconds=ASK_SECONDS))
            with kept[0].cursor() as cursor:
                cursor.execute("SET SESSION wsrep_sync_wait = 0")
                cursor.execute(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({_VARIABLES})")
                status = {str(name): str(value) for name, value in cursor.fetchall()}
        except (pymysql.Error, OSError):
            while kept:
                kept.pop()._force_close()
            return SILENT
        state = status.get("wsrep_local_state_comment", "")
        if status.get("wsrep_cluster_status") != "Primary" or state != "Synced":
            return Member("down", away=True)
        return Member(f"node of {status.get('wsrep_cluster_size')}")

    return ask
