"""The record of Redis."""

from hadrill.services.service import (
    BALANCERS,
    EVEN,
    PEERS,
    RUNNER,
    UNIT,
    Component,
    Front,
    Install,
    MemberRole,
    PodClient,
    Port,
    Role,
    Service,
)

_UPDATER = "redis-update-master"

SERVICE = Service(
    name="redis",
    title="Redis",
    order=20,
    roles=(
        Role(
            "redis",
            ports=(
                Port(6379, "Redis", (PEERS, "haproxy", RUNNER)),
                Port(26379, "Sentinel", (PEERS, "haproxy", RUNNER)),
            ),
            wasteful=EVEN,
            partner="haproxy",
            credentials=("REDIS_PASSWORD",),
        ),
    ),
    components=(
        Component(
            "redis",
            "Redis",
            image="redis",
            configuration="redis/redis.conf",
            data="redis",
            processes={"redis": "redis-server"},
        ),
        Component(
            "sentinel",
            "Sentinel",
            image="redis",
            configuration="redis/reconfigured",
            data="sentinel",
            processes={"sentinel": "redis-sentinel"},
        ),
        Component("updater", "Redis master updater", placement=UNIT, unit=f"{_UPDATER}.socket", roles=("haproxy",)),
        Component("updater-timer", "its timer", placement=UNIT, unit=f"{_UPDATER}.timer", roles=("haproxy",)),
    ),
    member_roles=(
        MemberRole("master", 6379, leads=True),
        MemberRole("replica", 6379),
        MemberRole(
            "sentinel",
            26379,
            faults=("container-kill", "container-stop", "container-pause"),
            components=("sentinel",),
            beside=True,
        ),
    ),
    fronts=(
        Front(
            "haproxy",
            (
                Port(6379, "Redis master", (BALANCERS, RUNNER)),
                Port(26380, "Redis master updater", ("redis",)),
            ),
            section="hadrill.install.redis_updater:section",
            beside="hadrill.install.redis_updater:beside",
            drilled=True,
        ),
    ),
    fixture="redis",
    settings="hadrill.services.redis.settings:RedisSettings",
    client="hadrill.services.redis.service:Redis",
    cluster="hadrill.services.redis.cluster:RedisCluster",
    checks="hadrill.services.redis.checks:ALL",
    examination="hadrill.services.redis.diagnosis:EXAMINATION",
    versions="hadrill.services.redis.versions:running",
    install=Install(
        "redis", "Redis with Sentinel, and HAProxy that follows the master.", "hadrill.install.redis:install"
    ),
    pod_client=PodClient("hadrill.services.redis.on_pod", "hadrill.services.redis.service:pod_login"),
    adoption="hadrill.services.redis.adoption:ADOPTION",
    driver_errors=("redis:RedisError",),
    denied="hadrill.services.redis.service:denied",
)
