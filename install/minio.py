"""Module 6, MinIO: one distributed cluster over all its hosts."""

from hadrill.install.container import Container
from hadrill.install.desired import SECRET, Desired, Directory, File
from hadrill.install.rolling import bring_up_together
from hadrill.install.site import Site
from hadrill.inventory import Host
from hadrill.services.minio import checks
from hadrill.services.minio.drive import NAME as DRIVE_TIMEOUT
from hadrill.services.minio.service import Minio
from hadrill.services.minio.settings import MinioSettings

ENVIRONMENT = "/etc/hadrill/minio/minio.env"
DATA = "/var/lib/hadrill/minio"


def install(site: Site) -> None:
    """All nodes at once: none serves before it sees that the others have the same command and environment."""
    service = Minio(site.inventory)
    if not service.members:
        return
    units = site.apply({host: desired(site, service) for host in service.members})
    bring_up_together(site, units, lambda: checks.objects(service), "MinIO")


def section(site: Site) -> str:
    """MinIO's part of HAProxy's configuration."""
    return site.render("haproxy/minio.cfg.j2", members=Minio(site.inventory).members)


def desired(site: Site, service: Minio) -> Desired:
    """MinIO on one node: every node has the same command and the same credentials."""
    secret = site.inventory.credentials.secret
    nodes: list[Host] = sorted(service.members, key=lambda host: host.name)
    endpoints = " ".join(f"http://{node.fqdn}:9000/data" for node in nodes)
    names = ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD")
    environment = "".join(f"{name}={secret('minio', name)}\n" for name in names)
    environment += f"{DRIVE_TIMEOUT}={site.inventory.about_the('minio').settings.of(MinioSettings).drive_seconds}s\n"
    container = Container(
        "minio",
        site.inventory.image("minio"),
        f"server --address :9000 --console-address :9001 {endpoints}",
        ((DATA, "/data"),),
        environment_file=ENVIRONMENT,
        stop_seconds=10,
    )
    return Desired(
        directories=(
            Directory("/etc/hadrill", 0o700),
            Directory("/etc/hadrill/minio"),
            Directory(DATA, 0o755, once=True),
        ),
        files=(File(ENVIRONMENT, environment, SECRET),),
        units=(container.unit(ENVIRONMENT),),
    )
