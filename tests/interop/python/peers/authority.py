"""A certificate authority, for charms that serve with TLS."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

A_DAY = datetime.timedelta(days=1)


@dataclass
class Authority:
    """An authority, and the certificate and key that it has issued to one address; all in PEM."""

    ca: str
    certificate: str
    key: str
    files: tuple[Path, Path]

    @classmethod
    def issue(cls, address: str, directory: Path) -> "Authority":
        ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = _name("interop CA")
        ca = _certificate(root, root, ca_key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        leaf = _certificate(_name(address), root, key.public_key()).add_extension(names, critical=False)
        ca_text, text = (_pem(built.sign(ca_key, hashes.SHA256())) for built in (ca, leaf))
        key_text = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        files = (directory / "certificate.pem", directory / "key.pem")
        for file, content in zip(files, (text, key_text), strict=True):
            file.write_text(content)
        return cls(ca_text, text, key_text, files)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(subject: x509.Name, issuer: x509.Name, key) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - A_DAY)
        .not_valid_after(now + A_DAY)
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
