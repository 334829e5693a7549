"""The Kubernetes cluster: its servers and agents, and how a client reaches its API and what it serves."""

from pathlib import Path

from hadrill.inventory import Host, Inventory, LoadBalancer
from hadrill.services.errors import NotSetUpError
from hadrill.services.kubernetes.api import Api
from hadrill.services.kubernetes.distribution import Distribution, distribution_of
from hadrill.services.kubernetes.settings import KubernetesSettings

API_PORT = 6443
HTTP_PORT = 80
TOKEN_PARTS = (6, 16)


class Kubernetes:
    """One cluster."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory.about_the("kubernetes")
        self.settings = self.inventory.settings.of(KubernetesSettings)
        self.servers = self.inventory.of_role("k3s-server")
        self.agents = self.inventory.of_role("k3s-agent")

    @property
    def members(self) -> tuple[Host, ...]:
        """Every node: servers carry pods too."""
        return (*self.servers, *self.agents)

    @property
    def distribution(self) -> Distribution:
        """What its hosts have."""
        return distribution_of(self.settings)

    @property
    def proxies(self) -> tuple[Host, ...]:
        """None of its own: every node has its ingress."""
        return ()

    @property
    def front_addresses(self) -> tuple[str, ...]:
        """Addresses of the load balancers before the API servers."""
        return tuple(str(balancer.address) for balancer in self.balancers)

    @property
    def balancers(self) -> tuple[LoadBalancer, ...]:
        """Load balancers before the API servers."""
        every = self.inventory.settings.load_balancers
        return tuple(balancer for balancer in every if balancer.scope == "private" and API_PORT in balancer.ports)

    @property
    def public_balancers(self) -> tuple[LoadBalancer, ...]:
        """Load balancers before the ingress."""
        every = self.inventory.settings.load_balancers
        return tuple(balancer for balancer in every if balancer.scope == "public" and HTTP_PORT in balancer.ports)

    @property
    def entry_point(self) -> str:
        """Where clients reach the API: a load balancer, or the first server where there is none."""
        return next(iter(self.front_addresses), self.servers[0].address if self.servers else "")

    @property
    def ingress_points(self) -> tuple[str, ...]:
        """Where the world comes in: public load balancers with port 80. NotSetUpError says how to add one."""
        addresses = tuple(str(balancer.address) for balancer in self.public_balancers)
        if not addresses:
            where = f"no public load balancer in {self.inventory.folder}/settings.yaml"
            raise NotSetUpError(f"{where} has port {HTTP_PORT}")
        return addresses

    @property
    def kubeconfig(self) -> Path:
        """The suite's own way in, written by `fab kubernetes`."""
        return self.inventory.folder / "credentials" / "kubernetes" / "admin.kubeconfig"

    @property
    def bootstrap_token(self) -> str:
        """The join token in the form of kubeadm's: an identity, a dot, a secret."""
        secret = self.inventory.credentials.secret("k3s-server", "K3S_TOKEN").lower()
        identity, rest = TOKEN_PARTS
        return f"{secret[:identity]}.{secret[identity : identity + rest]}"

    def api(self, address: str = "") -> Api:
        """The API at the entry point, or of one server. Raises NotSetUpError where the installer has not run yet."""
        if not self.kubeconfig.exists():
            raise NotSetUpError(f"{self.kubeconfig} is missing: `fab kubernetes` writes it")
        return Api(self.kubeconfig, address or self.entry_point, API_PORT)
