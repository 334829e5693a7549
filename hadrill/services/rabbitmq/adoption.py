"""RabbitMQ as others set it up: any node names the running ones, and the configuration its default user."""

import json
from collections.abc import Mapping
from typing import ClassVar

from hadrill.services.adopting import Ask, Program, Told
from hadrill.services.rabbitmq.record import SERVICE

RABBITMQ = SERVICE.components[0].name
ROLE = SERVICE.roles[0].name
STATUS, CONFIGURATION, COOKIE = "status", "/etc/rabbitmq/rabbitmq.conf", "/var/lib/rabbitmq/.erlang.cookie"
DATA = "/var/lib/rabbitmq"
USER = "hadrill"
ADD = (
    "rabbitmqctl add_vhost hadrill; rabbitmqctl add_user hadrill '...'; "
    "rabbitmqctl set_permissions -p hadrill hadrill '.*' '.*' '.*'; rabbitmqctl set_user_tags hadrill monitoring"
)


class RabbitmqAdoption:
    """Asks rabbitmqctl beside the node, and reads rabbitmq.conf and the cookie."""

    variables = ("RABBITMQ_CONFIG_FILE", "RABBITMQ_ERLANG_COOKIE")
    unproxied: ClassVar[Mapping[str, object]] = {}
    needs: ClassVar[Mapping[tuple[str, str], str]] = {
        (ROLE, "RABBITMQ_PASSWORD"): ADD,
        (ROLE, "RABBITMQ_ERLANG_COOKIE"): f"what {COOKIE} holds",
    }

    def component(self, program: Program) -> str:
        """An Erlang machine that runs RabbitMQ's plug-ins."""
        is_erlang = program.name.startswith("beam")
        return RABBITMQ if is_erlang and any("rabbit" in word for word in program.command) else ""

    def questions(self, program: Program, answers: Mapping[str, str]) -> Mapping[str, Ask]:
        """Its status, its configuration, its cookie."""
        return {
            STATUS: program.run("rabbitmqctl --quiet cluster_status --formatter json"),
            CONFIGURATION: program.run(f"cat {_file(program)}"),
            COOKIE: program.run(f"cat {COOKIE}"),
        }

    def told(self, program: Program, answers: Mapping[str, str]) -> Told:
        """Nodes are called user@host: the host's part is the peer's name."""
        notes = []
        try:
            status = json.loads(answers.get(STATUS, ""))
            nodes = [*status["disk_nodes"], *status.get("ram_nodes", ())]
            cluster, running = str(status["cluster_name"]), set(status["running_nodes"])
            notes += [f"its node {node} does not run" for node in nodes if node not in running]
        except (ValueError, TypeError, KeyError):
            nodes, cluster = [], ""
            notes.append("rabbitmqctl did not say which nodes its cluster has")
        settings = dict(map(_setting, answers.get(CONFIGURATION, "").splitlines()))
        secrets = {}
        if settings.get("default_user") == USER and settings.get("default_pass"):
            secrets[ROLE, "RABBITMQ_PASSWORD"] = settings["default_pass"]
        if cookie := program.environment.get("RABBITMQ_ERLANG_COOKIE") or answers.get(COOKIE, "").strip():
            secrets[ROLE, "RABBITMQ_ERLANG_COOKIE"] = cookie
        # Until somebody names it, a cluster is called after the node that began it.
        return Told(
            cluster=cluster.partition("@")[2] or cluster,
            peers=tuple(node.partition("@")[2] for node in nodes),
            configuration=program.path(_file(program)),
            data=program.path(DATA),
            secrets=secrets,
            notes=tuple(notes),
        )


def _file(program: Program) -> str:
    named = program.environment.get("RABBITMQ_CONFIG_FILE", CONFIGURATION)
    return named if named.endswith(".conf") else f"{named}.conf"


def _setting(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.strip(), value.strip()


ADOPTION = RabbitmqAdoption()
