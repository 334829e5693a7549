"""What a node's loss leaves for people."""

import json
from pathlib import Path

from hadrill.drill.evidence import keep_events
from hadrill.drill.kubernetes.loss import Loss
from hadrill.timing import Timeline
from hadrill.workload import Workload


def keep_loss(folder: Path, loss: Loss, work: Workload, timeline: Timeline) -> None:
    """Every operation, every event, and what was seen when."""
    folder.mkdir(parents=True, exist_ok=True)
    work.history.save(folder / "history.jsonl", loss.began)
    keep_events(folder, timeline.events, loss.began, str)
    result = {
        "node": loss.victim.name,
        "role": loss.role,
        "leads_etcd": loss.in_etcd,
        "fault": loss.fault,
        "seen": {name: vars(each) for name, each in loss.seen.items()},
        "outages": loss.outages,
        "failed": loss.failed,
        "lost": loss.lost,
    }
    (folder / "loss.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
