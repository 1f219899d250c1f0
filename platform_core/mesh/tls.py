"""TLS of the mesh: both ends show an SVID, and a peer is known by its SPIFFE id, never by a host name."""

import os
import ssl
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from platform_core.mesh.follow import SvidFollower
from platform_core.mesh.svid import BadSvid, Svid, spiffe_id_of


class NoIdentity(ssl.SSLError):
    """There is no SVID in force to show."""


class MeshContext(ssl.SSLContext):
    """What a client gives its HTTP library as TLS context: `httpx2.AsyncClient(verify=MeshContext(...))`.

    Each new connection uses the SVID and the bundle of that moment; those that are open go on. The server must be
    `peer`, by a certificate that names it alone. It may stand behind any host name or address.
    """

    def __new__(cls, identity: SvidFollower, *, peer: str) -> "MeshContext":
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, identity: SvidFollower, *, peer: str) -> None:
        super().__init__()
        self.check_hostname = False
        self._identity, self._peer = identity, peer
        self._protocols: list[str] = []
        self._made: tuple[Svid, ssl.SSLContext] | None = None

    def set_alpn_protocols(self, alpn_protocols: Any) -> None:
        """Remembered for the contexts to come."""
        self._protocols = list(alpn_protocols)

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Called by asynchronous libraries for each connection. Raises `NoIdentity`."""
        return self._now().wrap_bio(*args, **kwargs)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Called by blocking libraries for each connection. Raises `NoIdentity`."""
        return self._now().wrap_socket(*args, **kwargs)

    def _now(self) -> ssl.SSLContext:
        """A context can't forget an authority, so each SVID has a context of its own."""
        svid, made = self._identity.current, self._made
        if svid is None or not svid.in_force:
            raise NoIdentity(f"no SVID in force for {self._identity.spiffe_id}: does the agent run and know it?")
        if made is None or made[0] is not svid:
            made = self._made = (svid, _context(svid, self._peer))
        made[1].set_alpn_protocols(self._protocols)
        return made[1]


def _context(svid: Svid, peer: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # `_known` looks at the name that counts
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # whatever stands in a bundle is an end of the chain
    context.load_verify_locations(cadata=b"".join(each.public_bytes(Encoding.DER) for each in svid.authorities))
    _load(context, svid)
    context.sslobject_class = _known(ssl.SSLObject, peer)
    context.sslsocket_class = _known(ssl.SSLSocket, peer)
    return context


def _known(base: type[Any], peer: str) -> type[Any]:
    """`base` with a handshake that ends well only with `peer` at the other end."""

    def do_handshake(self: Any, *args: Any) -> None:
        base.do_handshake(self, *args)
        _prove(self.getpeercert(binary_form=True), peer)

    return type(base.__name__, (base,), {"do_handshake": do_handshake})


def _prove(certificate: bytes, peer: str) -> None:
    try:
        named = spiffe_id_of(load_der_x509_certificate(certificate))
    except BadSvid as error:
        raise ssl.SSLCertVerificationError(f"{peer} was expected: {error}") from None
    if named != peer:
        raise ssl.SSLCertVerificationError(f"{peer} was expected, {named} is there")


def _load(context: ssl.SSLContext, svid: Svid) -> None:
    """Give `context` the key by a file that is in memory alone: Python takes keys from files only."""
    handle = os.memfd_create("svid", os.MFD_CLOEXEC)
    try:
        os.write(handle, svid.certificate + svid.key)
        context.load_cert_chain(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)
