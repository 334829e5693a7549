"""The page docs/causes.md, made from the rules: `python -m hadrill.report.causes > docs/causes.md`."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from hadrill.diagnosis.common import BUSY
from hadrill.diagnosis.common import RULES as COMMON
from hadrill.diagnosis.rule import Rule
from hadrill.services.kubernetes.diagnosis import RULES as KUBERNETES
from hadrill.services.mariadb.diagnosis import RULES as MARIADB
from hadrill.services.minio.diagnosis import RULES as MINIO
from hadrill.services.postgresql.diagnosis import RULES as POSTGRESQL
from hadrill.services.rabbitmq.diagnosis import RULES as RABBITMQ
from hadrill.services.redis.diagnosis import RULES as REDIS

HEAD = """# Causes

What `hadrill diagnose SERVICE` and a failed drill can name. Each cause comes with the lines that show it, from the
lab or production as it is at that moment; the first one explains most. A diagnosis that names none says
which of these were ruled out, and which could not be judged. This page is made from the rules
(`hadrill/services/*/diagnosis.py`).
"""

RULES: Mapping[str, Sequence[Rule[Any]]] = {
    "Every host": COMMON,
    "PostgreSQL": POSTGRESQL,
    "Redis": REDIS,
    "RabbitMQ": RABBITMQ,
    "MinIO": MINIO,
    "MariaDB Galera": MARIADB,
    "Kubernetes": KUBERNETES,
    "Every host, when nothing else explains it": (BUSY,),
}


def document() -> str:
    """The page's text."""
    lines = [HEAD]
    for service, rules in RULES.items():
        lines += [f"## {service}", "", "| cause | symptom | shown by | remedy |", "|---|---|---|---|"]
        for rule in rules:
            cells = (f"`{rule.name}`", rule.symptom, rule.shown_by, rule.remedy)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(document())
