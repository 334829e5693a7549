"""The record of MinIO."""

from hadrill.services.service import (
    BALANCERS,
    NETWORK,
    RUNNER,
    Apart,
    Component,
    Front,
    Install,
    MemberRole,
    PodClient,
    Port,
    Role,
    Service,
)

SERVICE = Service(
    name="minio",
    title="MinIO",
    order=40,
    roles=(
        Role(
            "minio",
            ports=(
                Port(9000, "S3", (NETWORK,)),
                Port(9001, "MinIO console", (RUNNER,)),
            ),
            wasteful=(2,),
            credentials=("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"),
            apart=Apart(
                ("k3s-server", "k3s-agent"),
                "k3s-",
                "MinIO on the Kubernetes host",
                "Put MinIO on hosts of its own: it must never share a K3s worker.",
            ),
        ),
    ),
    components=(
        Component(
            "minio",
            "MinIO",
            image="minio",
            configuration="minio/minio.env",
            data="minio",
            processes={"minio": "minio server"},
        ),
    ),
    member_roles=(MemberRole("node", 9000),),
    fronts=(Front("haproxy", (Port(9000, "S3", (BALANCERS, RUNNER)),), section="hadrill.install.minio:section"),),
    fixture="minio",
    settings="hadrill.services.minio.settings:MinioSettings",
    client="hadrill.services.minio.service:Minio",
    cluster="hadrill.services.minio.cluster:MinioCluster",
    checks="hadrill.services.minio.checks:ALL",
    examination="hadrill.services.minio.diagnosis:EXAMINATION",
    versions="hadrill.services.minio.versions:running",
    install=Install("minio", "distributed MinIO.", "hadrill.install.minio:install"),
    pod_client=PodClient(
        "hadrill.services.minio.on_pod",
        "hadrill.services.minio.service:pod_login",
        place="hadrill.services.minio.buckets:for_pods",
    ),
    adoption="hadrill.services.minio.adoption:ADOPTION",
    driver_errors=("botocore.exceptions:BotoCoreError", "botocore.exceptions:ClientError"),
    denied="hadrill.services.minio.service:denied",
)
