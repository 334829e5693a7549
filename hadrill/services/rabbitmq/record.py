"""The record of RabbitMQ."""

from hadrill.services.service import (
    BALANCERS,
    EVEN,
    PEERS,
    RUNNER,
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
    name="rabbitmq",
    title="RabbitMQ",
    order=30,
    roles=(
        Role(
            "rabbitmq",
            ports=(
                Port(5672, "AMQP", ("haproxy", RUNNER)),
                Port(15672, "RabbitMQ management", ("haproxy", RUNNER)),
                Port(4369, "Erlang port mapper", (PEERS,)),
                Port(25672, "Erlang distribution", (PEERS,)),
            ),
            wasteful=EVEN,
            partner="haproxy",
            credentials=("RABBITMQ_PASSWORD", "RABBITMQ_ERLANG_COOKIE"),
        ),
    ),
    components=(
        Component(
            "rabbitmq",
            "RabbitMQ",
            image="rabbitmq",
            configuration="rabbitmq/rabbitmq.conf",
            data="rabbitmq",
            processes={"beam": "beam.smp"},
        ),
    ),
    member_roles=(MemberRole("leader", 5672, leads=True), MemberRole("follower", 5672)),
    fronts=(
        Front(
            "haproxy",
            (
                Port(5672, "AMQP", (BALANCERS, RUNNER)),
                Port(15672, "RabbitMQ management", (RUNNER,)),
            ),
            section="hadrill.install.rabbitmq:section",
        ),
    ),
    fixture="rabbitmq",
    client="hadrill.services.rabbitmq.service:Rabbitmq",
    cluster="hadrill.services.rabbitmq.cluster:RabbitmqCluster",
    checks="hadrill.services.rabbitmq.checks:ALL",
    examination="hadrill.services.rabbitmq.diagnosis:EXAMINATION",
    versions="hadrill.services.rabbitmq.versions:running",
    install=Install("rabbitmq", "RabbitMQ with quorum queues.", "hadrill.install.rabbitmq:install"),
    pod_client=PodClient("hadrill.services.rabbitmq.on_pod", "hadrill.services.rabbitmq.service:pod_login"),
    adoption="hadrill.services.rabbitmq.adoption:ADOPTION",
    driver_errors=("pika.exceptions:AMQPError", "pika.exceptions:ChannelError"),
    denied="hadrill.services.rabbitmq.service:denied",
)
