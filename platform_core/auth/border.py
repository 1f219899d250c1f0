"""Who a request says it is from, read the same way by every part behind the proxy."""

import logging
import re
from collections.abc import Sequence

from platform_core.auth.principal import Principal
from platform_core.auth.tokens import ForeignClient, Unauthenticated, Verifier

Headers = Sequence[tuple[bytes, bytes]]
"""As they came: names in lower case."""

CERTIFICATE = b"x-forwarded-client-cert"
_ONCE = (
    *(b"authorization", b"x-forwarded-user", b"x-forwarded-surface", b"mcp-protocol-version"),
    *(CERTIFICATE, b"x-seedbed-channel"),
)
_CHANNEL = re.compile(r"[\x21-\x7e]{1,128}")

log = logging.getLogger(__name__)


class Refusal(Exception):
    """A request that ends here, before any protocol."""

    def __init__(self, status: int, code: str, rule: str, detail: str, how_to_ask: str | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.rule, self.detail, self.how_to_ask = status, code, rule, detail, how_to_ask


class Border:
    """Reads the caller out of the headers that the proxy wrote.

    Who the person is comes from the token alone. The headers add the workload (the certificate's one URI) and the
    channel; they are believed because the socket is open to the proxy alone.
    """

    def __init__(self, part: str, verifier: Verifier) -> None:
        self._part, self._verifier = part, verifier
        self._ours = re.compile(rf"spiffe://{re.escape(verifier.trust_domain)}(/[A-Za-z0-9._-]+)+")

    def caller(self, headers: Headers, seen: dict[bytes, bytes]) -> Principal:
        """Return who calls; `seen` is `dict(headers)`. Raises `Refusal`."""
        if len(seen) != len(headers):
            self._no_doubles([name for name, _ in headers])
        workload = self._workload(seen.get(CERTIFICATE))
        if workload is not None and b"authorization" not in seen:
            return self._service(workload, seen)
        return self._person(workload, seen)

    def _no_doubles(self, names: list[bytes]) -> None:
        for name in _ONCE:
            if names.count(name) > 1:
                raise self._no(401, "unauthenticated", "headers", f"{name.decode()} came twice")

    def _workload(self, certificate: bytes | None) -> str | None:
        """The one URI of the certificate that the proxy saw, of this trust domain; None where it saw none.

        A quote means that some value holds a separator, and then the parts are not what they seem.
        """
        if certificate is None:
            return None
        elements = re.split(r"[;,]", certificate.decode("latin-1"))
        uris = [value for key, _, value in (element.partition("=") for element in elements) if key.lower() == "uri"]
        if len(uris) != 1 or b'"' in certificate or not self._ours.fullmatch(uris[0]):
            raise self._no(403, "client_not_allowed", "workload", "the certificate must name one identity of this mesh")
        return uris[0]

    def _service(self, workload: str, seen: dict[bytes, bytes]) -> Principal:
        if b"x-forwarded-user" in seen or b"x-seedbed-channel" in seen:
            raise self._past_the_proxy("a service brings no person and no channel")
        return Principal.service(workload)

    def _person(self, workload: str | None, seen: dict[bytes, bytes]) -> Principal:
        scheme, _, bearer = seen.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not bearer:
            raise self._no(401, "unauthenticated", "token", "no bearer token; log in first")
        try:
            who = self._verifier.verify(bearer, workload=workload, channel=self._channel(seen))
        except Unauthenticated as error:
            raise self._no(401, "unauthenticated", "token", str(error)) from None
        except ForeignClient as error:
            raise self._no(403, "client_not_allowed", "client", str(error)) from None
        if seen.get(b"x-forwarded-user", b"").decode("utf-8", "replace") != who.subject:
            raise self._past_the_proxy("the proxy's X-Forwarded-User is not the token's subject")
        return who

    def _channel(self, seen: dict[bytes, bytes]) -> str | None:
        value = seen.get(b"x-seedbed-channel")
        if value is None:
            return None
        channel = value.decode("latin-1")
        if not _CHANNEL.fullmatch(channel):
            raise self._no(403, "client_not_allowed", "channel", "the channel's name can't be read")
        return channel

    def _past_the_proxy(self, what: str) -> Refusal:
        log.error("%s: somebody reached the socket past it", what)
        return self._no(403, "authorization_denied", "identity", "the request did not come by the proxy")

    def _no(self, status: int, code: str, rule: str, detail: str) -> Refusal:
        return Refusal(status, code, f"{self._part}/{rule}", detail)
