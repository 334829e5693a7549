"""Causes for which MinIO does not serve, each with its remedy."""

from hadrill.diagnosis import Examination, Rule
from hadrill.services.minio import signs
from hadrill.services.minio.facts import MinioFacts, orders
from hadrill.services.minio.service import PORT

RULES: tuple[Rule[MinioFacts], ...] = (
    Rule(
        "root-credentials-differ",
        "nodes refuse each other: the root password is not the same on all",
        "words about tokens and authentication in a node's log",
        "the same MINIO_ROOT_USER and MINIO_ROOT_PASSWORD on every node, then restart all; `fab minio` does",
        signs.credentials,
    ),
    Rule(
        "configuration-differs",
        "a node was started with another environment or command line",
        "`has incorrect configuration` in a node's log",
        "`fab minio` gives all nodes the same; restart the one that is named",
        signs.configuration,
    ),
    Rule(
        "drive-full",
        "a drive has no room left",
        "free space on the drive",
        "make room, or add drives; objects are refused before it is quite full",
        signs.full,
    ),
    Rule(
        "port-filtered",
        "a node's port answers on its own host and not to the others",
        "refused or no answer from another node, an answer on the host itself",
        "open 9000 between all nodes (UFW)",
        lambda view: view.filtered({"minio": PORT}),
    ),
    Rule(
        "drive-timeout-too-long",
        "reads wait for a frozen node longer than clients wait for them",
        "/minio/health/live is silent on its own host; MINIO_DRIVE_MAX_TIMEOUT is not below the clients' timeout",
        "restart the frozen node; minio.drive_seconds (settings.yaml) below every client's read timeout, `fab minio`",
        signs.frozen,
    ),
    Rule(
        "write-quorum-lost",
        "nodes see too few drives to write",
        "/minio/health/cluster is not 200 on a node that lives",
        "bring the other nodes back",
        signs.no_quorum,
    ),
    Rule(
        "minio-stopped",
        "a node does not serve",
        "/minio/health/live is not 200, asked on the host",
        "<start minio>; its log says why it ended",
        signs.stopped,
    ),
)
"""The most telling ones first."""

EXAMINATION = Examination("minio", orders, MinioFacts, RULES)
