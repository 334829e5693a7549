"""Where Allure's program is: beside the pin of its version in a checkout, or in the user's cache.

npm installs it into the cache, once for each version.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from filelock import FileLock

PIN = Path(__file__).parent / "allure-pin"
FILES = ("package.json", "package-lock.json")
PROGRAM = Path("node_modules") / ".bin" / "allure"
BESIDE = (PIN / FILES[0]).resolve().parent / PROGRAM
"""In a checkout the pin is a link to the folder into which `make setup` installs."""
NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=0")
INSTALL_SECONDS = 180
AGAIN_SECONDS = 24 * 3600.0
"""After a failure npm is not tried again for so long: a computer without a registry would wait at each run."""


class NoAllureError(Exception):
    """Why there is no Allure, and what to do."""


def allure_program() -> Path:
    """Allure's program in the pinned version, installed into the cache where there is none. Raises NoAllureError."""
    if BESIDE.exists():
        return BESIDE
    cached = cache() / PROGRAM
    if not cached.exists():
        _install(cache())
    return cached


def cache() -> Path:
    """The folder of this pin in the user's cache."""
    digest = hashlib.sha256(b"".join((PIN / name).read_bytes() for name in FILES)).hexdigest()[:12]
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hadrill" / f"allure-{digest}"


def _install(target: Path) -> None:
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise NoAllureError("Allure draws it, and npm, which would install Allure, is not here: install npm and node")
    failed = target.with_suffix(".failed")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_suffix(".lock")):
            if (target / PROGRAM).exists():
                return
            if failed.exists() and time.time() - failed.stat().st_mtime < AGAIN_SECONDS:
                raise NoAllureError(f"npm could not install Allure; tried again once {failed} is a day old, or gone")
            sys.stderr.write(f"hadrill: installing Allure, which draws index.html, once, into {target}\n")
            try:
                _fill(target)
            except subprocess.SubprocessError:
                failed.touch()
                raise
            failed.unlink(missing_ok=True)
    except subprocess.CalledProcessError as error:
        reason = "; ".join(error.stderr.strip().splitlines()[:2])
        raise NoAllureError(f"npm could not install Allure into {target}: {reason}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoAllureError(f"Allure cannot be installed into {target}: {error}") from error


def _fill(target: Path) -> None:
    """Run npm in a new folder beside the target, and give that folder the target's name when it is complete."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.name}-", ignore_cleanup_errors=True) as made:
        new = Path(made) / "new"
        new.mkdir()
        for name in FILES:
            shutil.copy(PIN / name, new / name)
        subprocess.run(NPM, cwd=new, capture_output=True, text=True, check=True, timeout=INSTALL_SECONDS)
        new.rename(target)
