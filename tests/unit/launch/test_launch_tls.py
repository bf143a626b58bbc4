"""What carries secrets goes to proven servers only, over TLS 1.2 or later."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import create_server
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from smart_app.http import TransportError, new_client, send
from smart_app.issuers import IssuerProfile

OLD = ssl.TLSVersion.TLSv1_1


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has vouched for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "k.pem").write_bytes(private)
    return folder / "c.pem", folder / "k.pem"


@contextmanager
def tls_server(folder: Path, newest: ssl.TLSVersion | None) -> Iterator[tuple[int, list[bytes]]]:
    """One connection's worth of a TLS server; its port, and what it could read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*a_certificate(folder))
    if newest is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = context.maximum_version = newest
    read: list[bytes] = []
    listening = create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            plain, _ = listening.accept()
            with plain, context.wrap_socket(plain, server_side=True) as secured:
                read.append(secured.recv(1000))
        except OSError:
            pass

    thread = Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1], read
    finally:
        thread.join(5)
        listening.close()


@pytest.mark.requirement("smart-app-launch_2.2_client@1,230,232,318")
@pytest.mark.parametrize(("newest", "why"), [(None, "certificate verify failed"), (OLD, "protocol version|alert")])
def test_unproven_server_and_old_tls_get_no_byte_of_a_secret(
    tmp_path: Path, newest: ssl.TLSVersion | None, why: str
) -> None:
    async def ask(port: int) -> None:
        profile = IssuerProfile("x", "X", f"https://127.0.0.1:{port}/fhir", "x")
        async with new_client() as http:
            await send(http, profile, "POST", f"https://127.0.0.1:{port}/token", form={"code": "secret"})

    with tls_server(tmp_path, newest) as (port, read), pytest.raises(TransportError, match=f"(?i){why}"):
        asyncio.run(ask(port))
    assert b"".join(read) == b""
