"""Drills beside the shell loop that they replace, their overhead, and all clusters at once beside the slowest alone."""

import json
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.measure import BIN, measure
from hadrill.inventory import Inventory

KILLED_MASTER = "test_redis.py::test_drill[master-container-kill]"
ONE_OF_EACH_SERVICE = (
    "test_postgresql.py::test_drill[leader-container-stop]",
    KILLED_MASTER,
    "test_rabbitmq.py::test_drill[leader-container-kill]",
    "test_minio.py::test_drill[node-container-stop]",
    "test_mariadb.py::test_drill[writer-container-kill]",
)
# What the story began with: try once a second, and count.
LOOP = r"""
while :; do
  if timeout 1 bash -c 'exec 3<>/dev/tcp/'"$HOST"'/6379; printf "AUTH %s\r\nSET bench 1 EX 60\r\n" "$SECRET" >&3;
      read -r -u 3 a; read -r -u 3 b; [ "${b:0:3}" = +OK ]' 2>/dev/null
  then echo "$(date +%s.%N) ok"; else echo "$(date +%s.%N) fail"; fi
  sleep 1
done
"""


def rows(inventory: Inventory) -> list[str]:
    """Lines of the table."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [*_beside_a_loop(inventory, Path(folder) / "loop")]
        alone = {drill: _run(Path(folder) / f"alone{n}", drill) for n, drill in enumerate(ONE_OF_EACH_SERVICE)}
        for drill, (seconds, results) in alone.items():
            rows.append(f"{'drill ' + drill[5:-1]:<62}{seconds:6.1f} s  overhead {results[0]['overhead_s']:.1f} s")
        together, _ = _run(Path(folder) / "together", "-n", "auto", *ONE_OF_EACH_SERVICE)
        slowest = max(seconds for seconds, _ in alone.values())
        ratio = f"{together / slowest:6.1f} x the slowest alone ({slowest:.1f} s)"
        return [*rows, f"{'the five of them with -n auto':<62}{together:6.1f} s  {ratio}"]


def _beside_a_loop(inventory: Inventory, folder: Path) -> list[str]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOST": str(inventory.entry_point(6379).address),
        "SECRET": inventory.credentials.secret("redis", "REDIS_PASSWORD"),
    }
    loop = subprocess.Popen(["bash", "-c", LOOP], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        _, (drill,) = _run(folder, KILLED_MASTER)
    finally:
        loop.terminate()
    tries = [line.split() for line in loop.communicate()[0].splitlines()]
    good = [float(moment) for moment, outcome in tries if outcome == "ok"]
    gap = max(later - earlier for earlier, later in pairwise(good))
    name = "Redis master killed: outage"
    return [
        f"{name + ', measured by the drill':<62}{drill['outage_s']:6.2f} s",
        f"{name + ', by a `sleep 1` loop at the same time':<62}{gap:6.2f} s  ({gap - drill['outage_s']:+.2f} s)",
    ]


def _run(folder: Path, *arguments: str) -> tuple[float, list[dict[str, Any]]]:
    paths = [word if "::" not in word else f"tests/failover/{word}" for word in arguments]
    timing = measure(" ".join(arguments), str(BIN / "pytest"), "-q", "--reports", str(folder), *paths)
    summary = json.loads((folder / "latest" / "summary.json").read_text("utf-8"))
    return timing.median, summary["drills"]
