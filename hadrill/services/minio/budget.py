"""How long clients may be without MinIO.

Source: MinIO's internode grid (ping 10 s, dropped after 20 s) and its live drive timeout; the proxies' live checks.
"""

from hadrill.faults import Kind
from hadrill.remote import Remote
from hadrill.services.client_parts import SILENT, TURN
from hadrill.services.minio.drive import drive_timeout
from hadrill.services.minio.service import Minio
from hadrill.services.minio.workload import S3_SECONDS
from hadrill.services.placing import placed_in
from hadrill.services.proxies import checks_of, haproxy_on
from hadrill.timing import Budget, Part, budget


def minio_budget(service: Minio, remote: Remote, kind: Kind, multiplier: float) -> Budget:
    """A sum of parts. A node that refuses connections costs nothing inside MinIO; one that is silent does."""
    proxies, minio = service.proxies, placed_in(service.inventory, "minio", "minio")
    parts = (
        [checks_of(haproxy_on(service.inventory, proxies[0]), remote, proxies[0], service.backend).down(kind in SILENT)]
        if proxies
        else []
    )
    if kind in SILENT:
        parts.append(Part("drive", *drive_timeout(minio, remote, service.members)))
    if kind is Kind.STOP:
        parts.append(Part("shutdown", 1.0, "connections in flight"))
    hangs = Part("client", S3_SECONDS if kind in SILENT else 0.0, "an operation that hangs is given up")
    return budget([*parts, TURN, hangs], multiplier)
