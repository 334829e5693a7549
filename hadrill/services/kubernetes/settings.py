"""Kubernetes' section of settings.yaml."""

from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from pydantic import Field

from hadrill.inventory.settings import Section


class KubernetesSettings(Section):
    """How Kubernetes is installed, its networks, and its timers in seconds; one that is not set is the product's own.

    `k3s` is Rancher's own program; `upstream` are the components themselves, each in a unit of its own.
    """

    distribution: Literal["k3s", "upstream"] = "k3s"
    pod_network: IPv4Network = IPv4Network("10.42.0.0/16")
    service_network: IPv4Network = IPv4Network("10.43.0.0/16")
    k3s_source: str = ""
    """Where K3s' program comes from: a URL, or a file that lies on every host."""
    k3s_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    node_grace_seconds: int | None = Field(default=None, ge=10)
    toleration_seconds: int = Field(default=300, ge=0)

    @property
    def api_service(self) -> IPv4Address:
        """The address under which pods find the API server."""
        return self.service_network[1]

    @property
    def dns_service(self) -> IPv4Address:
        """The address under which pods find their names."""
        return self.service_network[10]
