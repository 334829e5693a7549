"""What every cluster gets: names, metrics, storage, and the ingress on all nodes."""

import base64

from hadrill.install.site import Site
from hadrill.services.kubernetes.service import Kubernetes

FILES = ("access", "coredns", "metrics-server", "local-path", "ingress")
BUNDLED = ("access", "coredns", "metrics-server", "local-path")
"""What K3s brings itself."""


def manifests(site: Site, service: Kubernetes) -> dict[str, str]:
    """The YAML of each addon, in the order in which they are applied."""
    image = site.inventory.image("pods")
    identity, _, secret = service.bootstrap_token.partition(".")
    token = {"token-id": identity, "token-secret": secret}
    token |= dict.fromkeys(("usage-bootstrap-authentication", "usage-bootstrap-signing"), "true")
    return {
        name: site.render(
            f"kubernetes/{name}.yaml.j2",
            image=image,
            settings=service.settings,
            token_id=identity,
            # As the API keeps them: what is written in plain would differ at every run.
            token={name: base64.b64encode(value.encode()).decode() for name, value in token.items()},
            resolvers=site.inventory.settings.dns.resolvers,
        )
        for name in FILES
        if service.settings.distribution == "upstream" or name not in BUNDLED
    }
