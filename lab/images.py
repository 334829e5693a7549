"""Images of the lab: built once for each state of their inputs, found again by the hash of these."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hadrill.lab.docker import LabError, docker
from hadrill.lab.progress import step

FOLDER = Path(__file__).resolve().parents[1] / "images"
REPOSITORY = "localhost/hadrill"
SUITE = "trixie"
BASE_PACKAGES = "ca-certificates"
MINIO_MODULE = "v0.0.0-20260212201848-7aac2a2c5b7c"
PACKAGES = "packages"
MACHINES = ("machine", "node", "pods", PACKAGES)
"""Images that are no service's."""
SERVICES = tuple(sorted({file.parent.name for file in FOLDER.glob("*/Dockerfile")} - set(MACHINES)))
# Made for one build and removed after it: the legacy builder knows no other way to hand files in.
BUILD_CA = FOLDER / "build-ca.crt"
BUILD_PACKAGES = FOLDER / "build-packages"


def machine_image() -> str:
    """The name of the machines' image for the inputs as they are now."""
    return image_of("machine")


def packages_image() -> str:
    """The name of the image of machines that have a distribution's servers, each off until somebody wants it."""
    return f"{REPOSITORY}/{PACKAGES}:{digest_of(FOLDER / PACKAGES, machine_image())}"


def ensure_packages_image() -> None:
    """Build it where it is missing; the machines' own image is there."""
    if packages_image() not in present_images():
        docker("tag", machine_image(), f"{REPOSITORY}/machine:base")
        with step(f"image {PACKAGES}"):
            build(packages_image(), FOLDER / PACKAGES / "Dockerfile")


def image_of(name: str) -> str:
    """The name of an image for its inputs as they are now."""
    return f"{REPOSITORY}/{name}:{_hash_of(name)}"


def present_images() -> set[str]:
    """Every image that Docker has."""
    return set(docker("images", "--format", "{{.Repository}}:{{.Tag}}").split())


def ensure_images(components: dict[str, str]) -> None:
    """Build what is missing of the base, the machine and the services, and tag each as versions.yaml calls it."""
    unknown = sorted(set(components) - set(SERVICES))
    if unknown:
        raise LabError(f"the lab builds no image for {', '.join(unknown)}: images/ has {', '.join(SERVICES)}")
    present = present_images()
    base = f"{REPOSITORY}/base:{_base_hash()}"
    missing = [name for name in ("machine", *components) if f"{REPOSITORY}/{name}:{_hash_of(name)}" not in present]
    if base not in present and missing:
        with step(f"image base (Debian {SUITE}, from the distribution's packages)"):
            _build_base(base)
    if missing:
        docker("tag", base, f"{REPOSITORY}/base:{SUITE}")
        # Two at a time: the machine has few cores, and one build mostly waits for packages while the other unpacks.
        with ThreadPoolExecutor(max_workers=2) as pool:
            # MinIO first: it is the only one that compiles, and the longest by far.
            list(pool.map(_build, sorted(missing, key=lambda name: name != "minio")))
    for name, image in components.items():
        docker("tag", f"{REPOSITORY}/{name}:{_hash_of(name)}", image)


def services_digest(components: dict[str, str]) -> str:
    """A hash of the inputs of all services' images and of the names that they get."""
    return _digest([part for name, image in sorted(components.items()) for part in (image, _hash_of(name))])


def build(image: str, dockerfile: Path, *arguments: str) -> None:
    """Build one image; its files are found from the folder of all images."""
    docker("build", "--network", "host", *arguments, "-t", image, "-f", str(dockerfile), str(FOLDER))


def _build(name: str) -> None:
    with step(f"image {name}"):
        if name == "minio":
            shutil.copyfile(_certificates(), BUILD_CA)
        if name == "patroni":
            _download_packages(FOLDER / name / "requirements.txt")
        try:
            build(image_of(name), FOLDER / name / "Dockerfile", *_build_arguments(name))
        finally:
            if name == "minio":
                BUILD_CA.unlink()
            if name == "patroni":
                shutil.rmtree(BUILD_PACKAGES)


def _build_arguments(name: str) -> list[str]:
    if name != "minio":
        return []
    values = {"VERSION": MINIO_MODULE}
    if shutil.which("go"):
        known = json.loads(subprocess.run(["go", "env", "-json"], capture_output=True, check=True).stdout)
        values |= {key: known[key] for key in ("GOPROXY", "GOSUMDB")}
    return [part for key, value in values.items() for part in ("--build-arg", f"{key}={value}")]


def _download_packages(requirements: Path) -> None:
    """Python packages for an image, with pip as it is set up on this computer; hashes are checked."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-build-isolation", "--require-hashes", "-r", str(requirements), "-d", str(BUILD_PACKAGES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"pip could not download {requirements}:\n{done.stderr[-1500:]}")


def _certificates() -> Path:
    """The computer's certificate authorities, so that builds trust a proxy that this computer trusts."""
    given = os.environ.get("SSL_CERT_FILE", "")
    path = Path(given or "/etc/ssl/certs/ca-certificates.crt")
    if not path.is_file():
        raise LabError(f"no certificate authorities at {path}: install the package ca-certificates")
    return path


def _build_base(tag: str) -> None:
    options = [f"--aptopt={line}" for line in _apt_options()]
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={BASE_PACKAGES}", *options, SUITE, "-"]
    mirror = _debian_mirror()
    if shutil.which("mmdebstrap") is None:
        raise LabError("mmdebstrap is not installed: run `make setup`")
    done = subprocess.run(command + ([mirror] if mirror else []), capture_output=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").splitlines()
        raise LabError("\n".join(["mmdebstrap could not build the base image:", *lines[-10:]]))
    docker("import", "-", tag, input_bytes=done.stdout)


def _debian_mirror() -> str:
    """Where this computer takes Debian's packages from; empty (mmdebstrap's default) where it is no Debian."""
    listing = ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(SUITE)|$(REPO_URI)", "Created-By: Packages"]
    for line in subprocess.run(listing, capture_output=True, text=True, check=False).stdout.splitlines():
        origin, _, address = line.split("|")
        if origin == "Debian" and "security" not in address:
            return address
    return ""


def _apt_options() -> list[str]:
    """The computer's own ways to reach packages: proxies and certificate authorities."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    options = ("Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::https::CAInfo", "Acquire::https::CaInfo")
    return [line.rstrip(";").replace('"', "") for line in dump.splitlines() if line.startswith(options)]


def _base_hash() -> str:
    return _digest([SUITE, BASE_PACKAGES])


def _hash_of(name: str) -> str:
    parts = [_base_hash(), MINIO_MODULE if name == "minio" else ""]
    return _digest([*parts, *_contents(FOLDER / "shared"), *_contents(FOLDER / name)])


def digest_of(folder: Path, *besides: str) -> str:
    """A hash of a folder's files, and of what else they depend on."""
    return _digest([*besides, *_contents(folder)])


def _contents(folder: Path) -> list[str]:
    parts = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        parts += [str(file.relative_to(FOLDER)), f"{file.stat().st_mode & 0o111:o}", file.read_text("utf-8")]
    return parts


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
