"""What a drill leaves for people: its history, its timeline, and the members' logs around the fault."""

import json
from typing import TYPE_CHECKING

from hadrill.inventory import Host
from hadrill.remote import RemoteError
from hadrill.report.secrets import Scrubber
from hadrill.report.timeline_svg import picture

if TYPE_CHECKING:
    from hadrill.drill.drill import Drill

LOG_LINES = 400


def keep_evidence(drill: "Drill") -> None:
    """Write everything into the drill's folder; secrets do not get in."""
    folder, result = drill.folder, drill.result
    folder.mkdir(parents=True, exist_ok=True)
    scrub = Scrubber(drill.session.inventory.credentials.values())
    zero = drill.moments["inject"]
    drill.workload.history.save(folder / "history.jsonl", zero)
    events = [
        {"at": round(e.at - zero, 3), "source": e.source, "text": scrub(e.text), "phase": e.phase}
        for e in drill.timeline.events
    ]
    (folder / "timeline.json").write_text(json.dumps(events, indent=1) + "\n", "utf-8")
    (folder / "timeline.svg").write_text(picture(drill), "utf-8")
    seconds = int(drill.moments["converged"] - drill.moments["steady state"]) + 5
    container = drill.cluster.container(result.role)
    program = (
        f"journalctl --no-pager --output short-iso-precise --since=-{seconds}s -n {LOG_LINES}"
        f" CONTAINER_NAME={container} + UNIT=hadrill-{container}.service"
    )

    def log(host: Host) -> str:
        return drill.session.remote.attempt(host, program).stdout

    for host, text in drill.session.remote.everywhere(drill.cluster.members, log).items():
        said = str(text) if isinstance(text, RemoteError) else text
        (folder / f"{host}.log").write_text(scrub(said), "utf-8")
    result.folder = str(folder)
    result.evidence = sorted(each.name for each in folder.iterdir())
    (folder / "result.json").write_text(json.dumps(result.as_json(), indent=1) + "\n", "utf-8")
