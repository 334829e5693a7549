"""A wheel of this checkout, in a venv of its own that sees the pinned packages and nothing of the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = Path(sysconfig.get_path("purelib"))
"""Where the pinned packages of this interpreter lie."""
SCRIPTS = {
    "pytest": "from pytest import console_main as main",
    "fab": "from fabric.main import program; main = program.run",
}
"""Programs of other packages, as pip would have made them in the venv."""
COMPILED = {"PYTHONDONTWRITEBYTECODE": "1"}
"""pip compiled the wheel. Written here, modules would land in the pinned packages, with this venv's paths in them."""
TRACER = """
import atexit, os, sys

def tell():
    with open(os.environ["MODULES"], "a") as out:
        for name, module in list(sys.modules.items()):
            if name != "__main__" and getattr(module, "__file__", None):
                print(name, module.__file__, sep="=", file=out)

if "MODULES" in os.environ:
    atexit.register(tell)
"""
"""Each interpreter of the venv says at its end what it had imported, and from where."""


def build(folder: Path) -> Path:
    """Build a wheel from what git knows here, and what it would take; what an earlier build left is not in it."""
    source = folder / "source"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if not os.path.lexists(ROOT / name):
            continue
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name, follow_symlinks=False)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Installation:
    """A venv with a wheel in it."""

    home: Path

    @classmethod
    def of(cls, wheel: Path, home: Path) -> "Installation":
        """Install a wheel, offline and without its dependencies: those of this interpreter are beside it."""
        venv.create(home, symlinks=True)
        packages = home / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
        for entry in PINNED.iterdir():
            # This checkout is installed there as well, by a .pth file.
            if "hadrill" not in entry.name and entry.suffix != ".pth" and not (packages / entry.name).exists():
                (packages / entry.name).symlink_to(entry)
        (packages / "tracer.py").write_text(TRACER)
        (packages / "tracer.pth").write_text("import tracer\n")
        pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")]
        install = [*pip, "install", "--no-deps", "--no-index", str(wheel)]
        done = subprocess.run(install, capture_output=True, text=True, check=False, env=_environment())
        assert done.returncode == 0, done.stdout + done.stderr
        for name, where in SCRIPTS.items():
            script = home / "bin" / name
            script.write_text(f"#!{home}/bin/python\nimport sys\n{where}\nsys.exit(main())\n")
            script.chmod(0o755)
        return cls(home)

    @property
    def modules(self) -> Path:
        """Where its interpreters write what they had imported."""
        return self.home / "modules"

    def run(self, folder: Path, program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one of its programs in a folder."""
        return subprocess.run(
            [str(self.home / "bin" / program), *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env=_environment() | {"MODULES": str(self.modules), "NO_COLOR": "1"} | COMPILED | environment,
        )

    def imported(self) -> dict[str, Path]:
        """Every module that its programs had imported so far, by name, with its file."""
        rows = (line.split("=", 1) for line in self.modules.read_text("utf-8").splitlines())
        return {name: Path(file) for name, file in rows}


def _environment() -> dict[str, str]:
    """This process's own, without a way to the checkout."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
