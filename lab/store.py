"""The image store: one read-only copy of the services' images that all machines share."""

import subprocess

from hadrill.lab.docker import LabError, docker
from hadrill.lab.progress import step

INSIDE = "/var/lib/shared-images"
CAPABILITIES = (
    "--cap-add",
    "ALL",
    "--cap-drop",
    "SYS_RESOURCE",
    "--security-opt",
    "seccomp=unconfined",
    "--security-opt",
    "apparmor=unconfined",
)


def volume_of(lab: str) -> str:
    """Docker's name for the store of a lab."""
    return f"hadrill-{lab}-images"


def ensure_store(lab: str, machine_image: str, images: list[str]) -> None:
    """Load the images that the store does not have yet, with the machines' own podman."""
    ids = {image: docker("image", "inspect", "--format", "{{.Id}}", image).removeprefix("sha256:") for image in images}
    docker("volume", "create", volume_of(lab))
    listed = _podman(lab, machine_image, "images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.Id}}")
    present = dict(line.rsplit(" ", 1) for line in listed.splitlines() if " " in line)
    missing = [image for image in images if present.get(image, "").removeprefix("sha256:") != ids[image]]
    if missing:
        with step(f"image store: {len(missing)} of {len(images)} images to load"):
            _load(lab, machine_image, missing)


def _podman(lab: str, machine_image: str, *arguments: str) -> str:
    return docker("run", "--rm", *_arguments(lab, machine_image), *arguments)


def _load(lab: str, machine_image: str, images: list[str]) -> None:
    save = subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE)
    load = subprocess.run(
        ["docker", "run", "--rm", "-i", *_arguments(lab, machine_image), "load", "--quiet"],
        stdin=save.stdout,
        capture_output=True,
        check=False,
    )
    if save.wait() != 0 or load.returncode != 0:
        raise LabError("the image store could not be filled:\n" + load.stderr.decode("utf-8", "replace")[-1500:])


def _arguments(lab: str, machine_image: str) -> tuple[str, ...]:
    return (
        *CAPABILITIES,
        "--network",
        "none",
        "-v",
        f"{volume_of(lab)}:{INSIDE}",
        "-e",
        "PODMAN_IGNORE_CGROUPSV1_WARNING=1",
        "-v",
        "/var/lib/containers",
        "--entrypoint",
        "podman",
        machine_image,
        "--root",
        INSIDE,
    )
