"""Kubernetes' programs, built once on this computer from Go modules whose every part is pinned by its hash."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from hadrill.lab.docker import LabError
from hadrill.lab.images import FOLDER, digest_of
from hadrill.lab.progress import step

MODULES = FOLDER / "kubernetes"
PACKAGES = {
    "coredns": ".",
    "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server",
    "local-path": "github.com/rancher/local-path-provisioner",
    "flannel": ".",
    "traefik": "github.com/traefik/traefik/v3/cmd/traefik",
    "kube": ".",
}
"""What is built in each module's folder."""
REPLACED = {"traefik": ("github.com/go-acme/lego/v4", "providers/dns/zz_gen_dns_providers.go", "lego/dns_providers.go")}
"""A file of a module that one of ours, in the program's folder, stands for while the program is built."""
VERSION = "v1.33.5"
"""Kubernetes' own; six of its modules come a patch away, see the end of images/kubernetes/kube/go.mod."""
OLDEST_GO = (1, 26)
_STAMPED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


def programs_digest() -> str:
    """A hash of everything that the programs are built from."""
    return digest_of(MODULES, VERSION)


def ensure_programs() -> dict[str, Path]:
    """Each program's file. Builds what is missing: some minutes each on two processors.

    Raises LabError.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache")
    folder = home / "hadrill" / "programs"
    folder.mkdir(parents=True, exist_ok=True)
    programs = {name: folder / f"{name}-{digest_of(MODULES / name, VERSION)}" for name in PACKAGES}
    missing = [name for name, file in programs.items() if not file.exists()]
    if missing:
        _require_go()
        # Its own cache: three gigabytes that nobody needs afterwards.
        with tempfile.TemporaryDirectory(prefix="hadrill-go-") as cache:
            for name in missing:
                with step(f"Kubernetes' program {name}, from its Go module"):
                    _build(name, programs[name], cache)
    return programs


def _build(name: str, file: Path, cache: str) -> None:
    stamps = " ".join(f"-X {path}.gitVersion={VERSION}" for path in _STAMPED)
    unfinished = file.with_name(f"{file.name}.new")
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOCACHE": cache, "GOFLAGS": ""}
    flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", f"-ldflags=-s -w {stamps}", "-o", str(unfinished)]
    if name in REPLACED:
        flags.append(f"-modfile={_replaced(name, Path(cache), environment)}")
    _go(name, ["build", *flags, PACKAGES[name]], environment)
    unfinished.rename(file)


def _replaced(name: str, cache: Path, environment: dict[str, str]) -> Path:
    """The program's go.mod with one module as a copy that has our file.

    A copy, since Go refuses an overlay over its module cache.
    """
    module, theirs, ours = REPLACED[name]
    _go(name, ["mod", "download", module], environment)
    place = _go(name, ["list", "-m", "-f", "{{.Dir}}", module], environment).strip()
    copied = cache / f"{name}-replaced"
    shutil.copytree(place, copied, copy_function=shutil.copyfile)
    (copied / theirs).write_bytes((MODULES / name / ours).read_bytes())
    modules = cache / f"{name}.mod"
    modules.write_text((MODULES / name / "go.mod").read_text() + f"\nreplace {module} => {copied}\n")
    shutil.copyfile(MODULES / name / "go.sum", modules.with_suffix(".sum"))
    return modules


def _go(name: str, words: list[str], environment: dict[str, str]) -> str:
    command = ["go", *words]
    done = subprocess.run(command, cwd=MODULES / name, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        raise LabError(f"{name} could not be built:\n{done.stderr[-1500:]}")
    return done.stdout


def _require_go() -> None:
    if shutil.which("go") is None:
        version = "none"
    else:
        printed = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
        version = printed.strip().removeprefix("go")
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST_GO:
        oldest = ".".join(map(str, OLDEST_GO))
        raise LabError(f"Kubernetes' programs are built with Go {oldest} or newer, and here is {version}: install it")
