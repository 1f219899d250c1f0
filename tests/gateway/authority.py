"""The trust domain of the stage: an authority that signs whatever a test asks for, and the agent's socket."""

import asyncio
import ssl
import tempfile
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from platform_core.mesh.wire import FETCH_SVIDS, SERVICE, IssuedSvid, write_svids

TRUST_DOMAIN = "seedbed.internal"


class Authority:
    """One certificate authority. It signs false names and past times as readily as true ones."""

    def __init__(self, name: str = "one", trust_domain: str = TRUST_DOMAIN) -> None:
        self.key, self._name = generate_private_key(SECP256R1()), x509.Name.from_rfc4514_string(f"CN={name}")
        uri = x509.UniformResourceIdentifier(f"spiffe://{trust_domain}")
        constraints, usage = x509.BasicConstraints(ca=True, path_length=0), _usage(signs_certificates=True)
        self.certificate = (
            self._builder(self._name, self.key.public_key(), [uri], timedelta(days=1))
            .add_extension(constraints, critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def svid(self, *uris: str, life: timedelta = timedelta(hours=1)) -> tuple[x509.Certificate, Any]:
        """A leaf with exactly these names; with a negative life it has ended."""
        key = generate_private_key(SECP256R1())
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        builder = self._builder(x509.Name([]), key.public_key(), names, life)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        return builder.sign(self.key, hashes.SHA256()), key

    def caller(self, *uris: str, **how: Any) -> ssl.SSLContext:
        """What a workload with such a certificate opens connections with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # who the proxy is has a test of its own
        certificate, key = self.svid(*uris, **how)
        with tempfile.NamedTemporaryFile() as file:
            file.write(certificate.public_bytes(Encoding.PEM))
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _builder(
        self, subject: x509.Name, public: Any, uris: list[x509.UniformResourceIdentifier], life: timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(subject_name=subject, issuer_name=self._name, public_key=public)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_after(now + life)
        builder = builder.not_valid_before(now + min(life, timedelta()) - timedelta(minutes=5))
        return builder.add_extension(x509.SubjectAlternativeName(uris), critical=True)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


class WorkloadSocket:
    """An agent that knows one workload, the proxy, and believes the authorities that a test names."""

    def __init__(self, path: Path, authority: Authority) -> None:
        self.path, self.signing, self.believed = path, authority, [authority]
        self._loop = asyncio.new_event_loop()
        self._news = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._serve())

    def believe(self, *authorities: Authority) -> None:
        """Push this bundle."""
        self.believed = list(authorities)
        self._do(self._tell())

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._do(self._server.stop(0))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Any) -> None:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(what, self._loop)
        done.result(10)

    async def _serve(self) -> None:
        stream: Any = grpc.unary_stream_rpc_method_handler
        self._server = grpc.aio.server()
        handler = grpc.method_handlers_generic_handler(SERVICE, {FETCH_SVIDS: stream(self._follow)})
        self._server.add_generic_rpc_handlers((handler,))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._server.add_insecure_port(f"unix:{self.path}")
        await self._server.start()

    async def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _follow(self, _request: bytes, _context: Any) -> AsyncIterator[bytes]:
        while True:
            news = self._news
            yield write_svids([self._issue()])
            await news.wait()

    def _issue(self) -> IssuedSvid:
        spiffe_id = f"spiffe://{TRUST_DOMAIN}/gateway"
        certificate, key = self.signing.svid(spiffe_id)
        return IssuedSvid(
            spiffe_id=spiffe_id,
            chain=certificate.public_bytes(Encoding.DER),
            key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
            bundle=b"".join(authority.certificate.public_bytes(Encoding.DER) for authority in self.believed),
        )
