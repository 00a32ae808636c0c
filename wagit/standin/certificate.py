"""A throw-away certificate for web.whatsapp.com, which only a browser told its key's digest accepts."""

from __future__ import annotations

import base64
import hashlib
import os
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from wagit.core.atomic import atomic_write

HOST = "web.whatsapp.com"


class Certificate(NamedTuple):
    """Paths of a certificate and its private key, and what Chromium is told to accept."""

    certificate: str
    key: str
    spki: str  # base64 of the SHA-256 of the public key, for --ignore-certificate-errors-spki-list


def certificate(directory: str) -> Certificate:
    """Return the certificate in `directory`, made if it is not there. Raises OSError."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    paths = os.path.join(directory, "certificate.pem"), os.path.join(directory, "key.pem")
    if not all(map(os.path.exists, paths)):
        _make(*paths)
    with open(paths[0], "rb") as file:
        public_key = x509.load_pem_x509_certificate(file.read()).public_key()
    spki = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Certificate(*paths, base64.b64encode(hashlib.sha256(spki).digest()).decode())


def _make(certificate: str, key: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "wagit stand-in, for tests only")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(private, hashes.SHA256())
    )
    atomic_write(key, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    atomic_write(certificate, signed.public_bytes(Encoding.PEM))
