"""What lies on hosts of Kubernetes' own components by which they know one another: authorities and ways to the API."""

import base64
import json
from dataclasses import dataclass
from typing import Self

from hadrill.install.kubernetes.pki import Authority, Pair, signing_key
from hadrill.inventory import Inventory

FRONT = "https://127.0.0.1:6444"
"""On every host: HAProxy in front of all API servers."""


@dataclass(frozen=True)
class Pki:
    """A cluster's authorities, and the key of its service accounts."""

    cluster: Authority
    etcd: Authority
    front_proxy: Authority
    accounts: Pair

    @classmethod
    def of(cls, inventory: Inventory) -> Self:
        """Those kept with the inventory's credentials."""
        folder = inventory.folder / "credentials" / "kubernetes"
        return cls(
            Authority(folder, "kubernetes-ca"),
            Authority(folder, "etcd-ca"),
            Authority(folder, "front-proxy-ca"),
            signing_key(folder),
        )


def service_admin(pki: Pki) -> Pair:
    """The certificate of the suite and of whoever installs: it may do everything."""
    return pki.cluster.issue("hadrill", ("system:masters",))


def kubeconfig(authority: Authority, server: str, pair: Pair | None = None, token: str = "") -> str:
    """A client's way to the API server: by a certificate, or by a token."""
    user = (
        {"token": token}
        if pair is None
        else {
            "client-certificate-data": _base64(pair.certificate),
            "client-key-data": _base64(pair.key),
        }
    )
    return as_json(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "hadrill",
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": _base64(authority.pair.certificate),
                    },
                }
            ],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "hadrill", "context": {"cluster": "hadrill", "user": "user"}}],
            "current-context": "hadrill",
        }
    )


def as_json(content: object) -> str:
    """A file of it; JSON is YAML."""
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
