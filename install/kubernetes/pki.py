"""Certificates of a cluster: three authorities and what they sign, made on the runner and kept with its credentials.

Source: Kubernetes' documentation, "PKI certificates and requirements".
"""

import datetime
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS, LEAF_DAYS = 3650, 365
Maker = Callable[[ec.EllipticCurvePrivateKey], x509.Certificate]
RENEW_DAYS = 60
"""A certificate that ends sooner is made anew by the next run."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM."""

    certificate: str
    key: str


class Authority:
    """One certificate authority below a folder, with everything that it signed."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self.name = folder / name, name
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.pair = self._kept("ca", lambda key: _certificate(subject, subject, key, key, CA_DAYS, authority=True))

    def issue(
        self, common: str, groups: Sequence[str] = (), names: Sequence[str] = (), addresses: Sequence[str] = ()
    ) -> Pair:
        """A certificate for a client, and a server where it has names or addresses; the kept one while it is good."""
        attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common)])
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(IPv4Address(address)) for address in addresses]
        mine = x509.load_pem_x509_certificate(self.pair.certificate.encode())
        signer = serialization.load_pem_private_key(self.pair.key.encode(), None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self._folder}/ca.key is no elliptic curve key: remove the folder, and install anew")
        return self._kept(
            common.replace(":", "-"),
            lambda key: _certificate(subject, mine.subject, key, signer, LEAF_DAYS, alternatives=alternatives),
            alternatives,
        )

    def _kept(self, name: str, make: Maker, alternatives: Sequence[x509.GeneralName] = ()) -> Pair:
        certificate, secret = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        if not (certificate.exists() and secret.exists() and _good(certificate, alternatives)):
            key = ec.generate_private_key(ec.SECP256R1())
            _write(secret, _pem(key))
            _write(certificate, make(key).public_bytes(serialization.Encoding.PEM).decode("ascii"))
        return Pair(certificate.read_text("ascii"), secret.read_text("ascii"))


def signing_key(folder: Path) -> Pair:
    """The public and the private key by which API servers sign service accounts' tokens."""
    secret = folder / "service-accounts.key"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not secret.exists():
        _write(secret, _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    key = serialization.load_pem_private_key(secret.read_bytes(), None)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Pair(public.decode("ascii"), secret.read_text("ascii"))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    days: int,
    *,
    authority: bool = False,
    alternatives: Sequence[x509.GeneralName] = (),
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if alternatives else [])]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks differ by a little.
        .not_valid_before(now - datetime.timedelta(minutes=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(authority=authority), critical=True)
    )
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _good(file: Path, alternatives: Sequence[x509.GeneralName]) -> bool:
    """Whether a certificate lasts a while longer and is for just these names."""
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    try:
        named = set(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        named = set()
    return left > datetime.timedelta(days=RENEW_DAYS) and named == set(alternatives)


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    # kube-controller-manager reads keys in their traditional form only.
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode("ascii")


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as stream:
        stream.write(text)
