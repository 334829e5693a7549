"""The lab's inventory with other ways to its machines, and commands on it."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.selftest.lab.suite import BIN, LAB, ROOT

COMMAND_SECONDS = 300


@dataclass(frozen=True)
class Copy:
    """The lab's inventory with other SSH settings."""

    folder: Path

    def add(self, known: str, ssh: dict[str, object], rows: dict[str, dict[str, str]]) -> None:
        """Write it: known hosts, settings, and columns of some hosts."""
        shutil.copy(LAB / "versions.yaml", self.folder)
        (self.folder / "credentials").symlink_to((LAB / "credentials").resolve())
        lab_known = (LAB / "credentials" / "ssh" / "known_hosts").read_text("ascii")
        (self.folder / "known_hosts").write_text(lab_known + known, "ascii")
        settings = yaml.safe_load((LAB / "settings.yaml").read_text("ascii"))
        settings["ssh"] |= {"known_hosts": "known_hosts", **ssh}
        (self.folder / "settings.yaml").write_text(yaml.safe_dump(settings), "ascii")
        columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
        lines = []
        for line in (LAB / "servers.tsv").read_text("ascii").splitlines():
            name = line.split("\t")[0]
            cells = [column if name == "host" else rows.get(name, {}).get(column, "") for column in columns]
            lines.append("\t".join([line, *cells]))
        (self.folder / "servers.tsv").write_text("\n".join(lines) + "\n", "ascii")

    def call(self, *command: str, status: int = 0, inside: Sequence[str] = ()) -> str:
        """What a command says of this inventory."""
        program = [*inside, str(BIN / command[0]), *command[1:], f"--inventory={self.folder}"]
        done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr
