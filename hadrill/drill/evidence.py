"""What a drill leaves for people: its history, its timeline, and the members' roles, logs and configuration."""

import json
from functools import partial
from typing import TYPE_CHECKING

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
    (folder / "members.json").write_text(json.dumps(_roles(drill, zero), indent=1) + "\n", "utf-8")
    for name, program in _questions(drill).items():
        asked = partial(drill.session.remote.attempt, command=program)
        for host, answer in drill.session.remote.everywhere(drill.cluster.members, asked).items():
            said = str(answer) if isinstance(answer, RemoteError) else answer.stdout
            (folder / f"{host}.{name}").write_text(scrub(said), "utf-8")
    result.folder = str(folder)
    result.evidence = sorted(each.name for each in folder.iterdir())
    (folder / "result.json").write_text(json.dumps(result.as_json(), indent=1) + "\n", "utf-8")


def _roles(drill: "Drill", zero: float) -> dict[str, list[dict[str, object]]]:
    """What each member said of itself, from before the fault until after it."""
    return {
        name: [{"at": round(span.start - zero, 3), "role": span.role, "leads": span.leads} for span in spans]
        for name, spans in drill.observer.spans.items()
    }


def _questions(drill: "Drill") -> dict[str, str]:
    """What every member is asked afterwards: its log around the fault, and its configuration."""
    seconds = int(drill.moments["converged"] - drill.moments["steady state"]) + 5
    container = drill.cluster.container(drill.result.role)
    return {
        "log": f"journalctl --no-pager --output short-iso-precise --since=-{seconds}s -n {LOG_LINES}"
        f" CONTAINER_NAME={container} + UNIT=hadrill-{container}.service",
        # HAProxy's checks log in: their packets hold a password in hexadecimal.
        "conf": "for f in $(find /etc/hadrill -name '*.c*f*' -o -name '*.yml' -o -name '*.ini' | sort);"
        ' do echo "== $f"; grep -v send-binary "$f"; done',
    }
