"""Kubernetes' programs, built once on this computer from Go modules whose every part is pinned by its hash."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from lab.docker import LabError
from lab.images import FOLDER, digest_of
from lab.progress import step

MODULES = FOLDER / "kubernetes"
PACKAGES = {
    "coredns": "github.com/coredns/coredns",
    "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server",
    "local-path": "github.com/rancher/local-path-provisioner",
    "flannel": ".",
    "traefik": "github.com/traefik/traefik/v3/cmd/traefik",
    "kube": ".",
}
"""What is built in each module's folder."""
VERSION = "v1.33.5"
"""Kubernetes' own; six of its modules come a patch away, see the end of images/kubernetes/kube/go.mod."""
OLDEST_GO = (1, 26)
_STAMPED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


def programs_digest() -> str:
    """A hash of everything that the programs are built from."""
    return digest_of(MODULES, VERSION)


def ensure_programs() -> Path:
    """The folder with every program. Builds what is missing: up to half an hour on two busy processors.

    Raises LabError.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache")
    folder = home / "hadrill" / f"kubernetes-{programs_digest()}"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name in PACKAGES if not (folder / name).exists()]
    if missing:
        _require_go()
        # Its own cache: three gigabytes that nobody needs afterwards.
        with tempfile.TemporaryDirectory(prefix="hadrill-go-") as cache:
            for name in missing:
                with step(f"Kubernetes' program {name}, from its Go module"):
                    _build(name, folder, cache)
    return folder


def _build(name: str, folder: Path, cache: str) -> None:
    stamps = " ".join(f"-X {path}.gitVersion={VERSION}" for path in _STAMPED)
    unfinished = folder / f"{name}.new"
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", f"-ldflags=-s -w {stamps}", "-o", str(unfinished)]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOCACHE": cache, "GOFLAGS": ""}
    command = ["go", "build", *flags, PACKAGES[name]]
    done = subprocess.run(command, cwd=MODULES / name, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        raise LabError(f"{name} could not be built:\n{done.stderr[-1500:]}")
    unfinished.rename(folder / name)


def _require_go() -> None:
    if shutil.which("go") is None:
        version = "none"
    else:
        said = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
        version = said.strip().removeprefix("go")
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_GO:
        wanted = ".".join(map(str, OLDEST_GO))
        raise LabError(f"Kubernetes' programs are built with Go {wanted} or newer, and here is {version}: install it")
