"""The one way out to addresses that somebody configured or wrote: never into our own network, never elsewhere."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Annotated

import httpx2
from pydantic import Field

from platform_core.addresses import Address, Allowed, public
from platform_core.errors import Invalid, Unavailable
from platform_core.settings import Settings

Resolve = Callable[[str, int], Awaitable[list[Address]]]
NOTHING: Mapping[str, str] = {}


class OutgoingSettings(Settings, part="outgoing"):
    """What the platform may fetch from addresses that somebody wrote."""

    allow: tuple[Allowed, ...] = ()
    """Networks of our own, as JSON: `["10.2.0.0/16", "127.0.0.1:9000"]`; others are public addresses by https alone."""
    seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    """Longest time for one fetch, from the name to the last byte."""
    longest: Annotated[int, Field(gt=0, le=64 * 1024 * 1024)] = 1024 * 1024
    """Bytes of an answer; a longer one is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back. The status is the caller's to judge."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def system_resolver(host: str, port: int) -> list[Address]:
    """The addresses of `host`, in the order in which to try them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(where[0]) for *_, where in found))


@cache
def _tls_of_the_system() -> ssl.SSLContext:
    # Every certificate authority of the machine is read for it.
    return ssl.create_default_context()


class Outgoing:
    """A client that asks for the addresses of a name once, judges each, and connects to nothing else.

    `known` are URLs of the operator's own settings: their scheme, host and port are allowed wherever they are.
    """

    def __init__(
        self,
        settings: OutgoingSettings,
        *,
        known: Iterable[str] = (),
        resolve: Resolve = system_resolver,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings, self._resolve = settings, resolve
        self._known = frozenset(_Target.of(url).origin for url in known)
        self._tls = tls or _tls_of_the_system()

    async def fetch(
        self, url: str, *, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] = NOTHING
    ) -> Answered:
        """Send one request and return the whole answer.

        Raises `Invalid` for an address that may not be fetched or that sends elsewhere, and `Unavailable` where the
        other side does not answer in time and size. Neither names more of `url` than its host: paths hold secrets.
        """
        target = _Target.of(url)
        try:
            async with asyncio.timeout(self._settings.seconds):
                addresses = await self._addresses(target)
                request = target.request(method, body, headers, self._settings.seconds)
                return await self._send(target, request, addresses)
        except TimeoutError:
            raise Unavailable(f"{target} did not answer within {self._settings.seconds:g} s; try again later") from None
        except httpx2.TransportError as error:
            raise Unavailable(f"{target} can't be reached ({type(error).__name__}); try again later") from None

    async def _addresses(self, target: "_Target") -> list[Address]:
        try:
            found = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            raise Unavailable(f"{target} can't be found by its name; check it, or try again later") from None
        for address in () if target.origin in self._known else found:
            allowed = any(each.covers(address, target.port) for each in self._settings.allow)
            if not allowed and not public(address):
                raise Invalid(f"{target} is at {address}, {_own(target.port)}")
            if not allowed and not target.encrypted:
                raise Invalid(f"{target} is public and must be fetched by https")
        return found

    async def _send(self, target: "_Target", request: httpx2.Request, addresses: list[Address]) -> Answered:
        async with httpx2.AsyncHTTPTransport(verify=self._tls, trust_env=False) as transport:
            for address in addresses[:-1]:
                with contextlib.suppress(httpx2.ConnectError, httpx2.ConnectTimeout):  # before anything was sent
                    return await self._ask(transport, target, request, address)
            return await self._ask(transport, target, request, addresses[-1])

    async def _ask(
        self, transport: httpx2.AsyncHTTPTransport, target: "_Target", request: httpx2.Request, address: Address
    ) -> Answered:
        request.url = request.url.copy_with(host=str(address))
        answer = await transport.handle_async_request(request)
        try:
            return await self._read(target, answer)
        finally:
            await answer.aclose()

    async def _read(self, target: "_Target", answer: httpx2.Response) -> Answered:
        if 300 <= answer.status_code < 400:
            raise Invalid(f"{target} sends elsewhere (status {answer.status_code}); give the final address instead")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise Unavailable(f"{target} answered compressed, which was not asked for")
        body = bytearray()
        async for part in answer.aiter_raw():
            body += part
            if len(body) > self._settings.longest:
                raise Unavailable(f"{target} answered with more than {self._settings.longest} bytes")
        return Answered(status=answer.status_code, headers=dict(answer.headers), body=bytes(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """An address that can be asked for, by the looks of it."""

    url: str
    host: str
    port: int
    encrypted: bool

    @classmethod
    def of(cls, text: str) -> "_Target":
        try:
            url = httpx2.URL(text)
        except httpx2.InvalidURL:
            raise Invalid("that is no address; write it like https://host/path") from None
        if url.scheme not in ("https", "http") or not url.host:
            raise Invalid("that address can't be fetched; write it like https://host/path")
        if url.userinfo:
            raise Invalid(f"the address of {url.host} holds a name or password before the @: leave it out")
        encrypted, host = url.scheme == "https", url.raw_host.decode("ascii")
        return cls(url=text, host=host, port=url.port or (443 if encrypted else 80), encrypted=encrypted)

    @property
    def origin(self) -> tuple[str, int, bool]:
        return self.host, self.port, self.encrypted

    def request(self, method: str, body: bytes, headers: Mapping[str, str], seconds: float) -> httpx2.Request:
        """The request for the name, whatever the address that it is sent to: `Host` and certificate are the name's."""
        named = dict(headers) | {"Accept-Encoding": "identity", "Connection": "close"}
        waits = httpx2.Timeout(seconds).as_dict()
        extensions = {"timeout": waits, "sni_hostname": self.host}
        return httpx2.Request(method, self.url, headers=named, content=body, extensions=extensions)

    def __str__(self) -> str:
        return self.host


def _own(port: int) -> str:
    variable = OutgoingSettings.variable("allow")
    return f"which is no public address; an operator can allow it, or its port {port} alone, in {variable}"


__all__ = ["Answered", "Outgoing", "OutgoingSettings", "system_resolver"]
