"""Machines that carry Kubernetes: their image, and containerd's store, filled once and hard-linked into each."""

import shutil
from pathlib import Path

from hadrill.lab.docker import docker
from hadrill.lab.images import FOLDER, REPOSITORY, build, digest_of, image_of, machine_image, present_images
from hadrill.lab.programs import ensure_programs, programs_digest
from hadrill.lab.progress import step
from hadrill.lab.store import CAPABILITIES

PODS = "pods"
NODES = ("k3s-server", "k3s-agent")
"""Roles whose machines have Kubernetes' programs."""
"""The image of everything that runs in pods."""
PROGRAMS = FOLDER / "build-kubernetes"
"""Made for a build and removed after it, as the legacy builder knows no other way to hand files in."""
STORE = "/var/lib/containerd"
FILL = """\
set -e
containerd --log-level warn > /tmp/containerd.log 2>&1 &
daemon=$!
for n in $(seq 200); do ctr version >/dev/null 2>&1 && break; sleep 0.05; done
ctr --namespace k8s.io images import --snapshotter overlayfs - || { tail -5 /tmp/containerd.log >&2; exit 1; }
kill $daemon
wait $daemon || :
"""
# Everything is linked but the databases, which containerd writes in place. All at once: it is thousands of files each.
LINK = """\
set -e
one() {
    rm -rf /stores/new-$1
    cp -al /stores/$0 /stores/new-$1
    find /stores/new-$1 -name '*.db' |
        while read -r file; do cp -p "$file" "$file.own" && mv -f "$file.own" "$file"; done
    mv /stores/new-$1 /stores/machine-$1
}
linking=
for host in "$@"; do one "$host" & linking="$linking $!"; done
for each in $linking; do wait "$each"; done
"""


def node_image() -> str:
    """The name of the image of machines that carry Kubernetes."""
    return f"{REPOSITORY}/node:{digest_of(FOLDER / 'node', machine_image(), programs_digest())}"


def pods_image() -> str:
    """The name of the pods' image."""
    return f"{REPOSITORY}/{PODS}:{digest_of(FOLDER / PODS, image_of('machine'), programs_digest())}"


def ensure_node_images(tag: str) -> None:
    """Build what is missing of both, and tag the pods' image as versions.yaml calls it."""
    missing = [name for name in (node_image(), pods_image()) if name not in present_images()]
    if missing:
        docker("tag", machine_image(), f"{REPOSITORY}/machine:base")
        programs = ensure_programs()
        shutil.rmtree(PROGRAMS, ignore_errors=True)
        PROGRAMS.mkdir()
        try:
            for name, file in programs.items():
                shutil.copy2(file, PROGRAMS / name)
            for image in missing:
                name = image.removeprefix(f"{REPOSITORY}/").partition(":")[0]
                with step(f"image {name}"):
                    build(image, FOLDER / name / "Dockerfile")
        finally:
            shutil.rmtree(PROGRAMS)
    docker("tag", pods_image(), tag)


def store_of(state: Path, host: str) -> Path:
    """Where containerd's store of a machine lies."""
    return state / "containerd" / f"machine-{host}"


def ensure_stores(state: Path, tag: str, hosts: list[str]) -> None:
    """Fill the store that all begin with, and give each machine its own."""
    stores = state / "containerd"
    filled = f"filled-{pods_image().partition(':')[2]}"
    stores.mkdir(mode=0o700, exist_ok=True)
    if not (stores / filled).exists():
        with step("containerd's store"):
            unfinished = stores / f"{filled}.new"
            unfinished.mkdir(exist_ok=True)
            _fill(unfinished, tag)
            unfinished.rename(stores / filled)
    if missing := [host for host in hosts if not store_of(state, host).exists()]:
        _helper("-v", f"{stores}:/stores", node_image(), "-c", LINK, filled, *missing)


def forget_stores(state: Path) -> None:
    """Remove the machines' own stores; the filled one stays for the next lab."""
    stores = state / "containerd"
    if stores.exists():
        _helper("-v", f"{stores}:/stores", node_image(), "-c", "rm -rf /stores/machine-* /stores/new-*")


def _fill(folder: Path, tag: str) -> None:
    archive = folder.with_suffix(".tar")
    docker("save", "-o", str(archive), tag)
    try:
        mounts = ("-v", f"{folder}:{STORE}", "-v", f"{archive}:/pods.tar:ro")
        _helper(*mounts, node_image(), "-c", f"exec < /pods.tar; {FILL}")
    finally:
        archive.unlink()


def _helper(*arguments: str) -> None:
    docker("run", "--rm", "--network", "none", *CAPABILITIES, "--entrypoint", "sh", *arguments)
