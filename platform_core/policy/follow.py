"""Policies as they arrive: pushed by the registry, verified here, the last good one kept on disk."""

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2
from pydantic import ValidationError

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.shelf import Shelf
from platform_core.policy.sign import PinnedKeys, SignedArtefact, UntrustedArtefact, verify

SILENCE = 15.0
"""Seconds without a line from the registry (it beats every 5) after which the stream is opened anew."""

log = logging.getLogger(__name__)


def _anything(_: PolicyArtefact) -> None:
    return None


class Follower:
    """Follows the policies of one environment, of one server or of all.

    What it takes is signed by a pinned key, of this environment, in force, accepted by `accept` (which returns a reason
    to refuse), and not older than what it has seen. When the registry is down, the last good policies stay.
    """

    def __init__(
        self,
        *,
        registry: Path,
        environment: str,
        keys: PinnedKeys,
        state: Path,
        server: str | None = None,
        accept: Callable[[PolicyArtefact], str | None] = _anything,
    ) -> None:
        self._registry, self._environment, self._keys, self._server = registry, environment, keys, server
        self._accept, self._shelf = accept, Shelf(state / "policies" / environment)
        self._current: dict[str, PolicyArtefact] = {}
        self._seen = self._shelf.versions()
        self._unconfirmed: set[str] | None = None
        """Servers that the snapshot going on has not named yet; None where it is over, or holds what can't be read."""
        self._listeners: list[Callable[[], None]] = []
        self._ready = asyncio.Event()
        self._load()

    @property
    def current(self) -> Mapping[str, PolicyArtefact]:
        """The policies in force, by server."""
        return MappingProxyType(self._current)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every accepted or withdrawn policy."""
        self._listeners.append(listener)

    async def wait_ready(self) -> None:
        """Return when there is something to obey: a policy from disk, or the registry's first whole answer."""
        await self._ready.wait()

    async def run(self) -> None:
        """Follow forever: connect, read, and after a break wait a little (0.2 to 5 s) and connect again."""
        pause = 0.2
        while True:
            try:
                async for line in self._lines():
                    self._take(line)
                    pause = 0.2
            except (httpx2.HTTPError, OSError, ValueError, RecursionError) as error:
                log.warning("policies can't be followed, the last good ones stay: %s", error or type(error).__name__)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # spreads reconnects, guards nothing
            pause = min(pause * 2, 5.0)

    async def _lines(self) -> AsyncIterator[Any]:
        query = {"environment": self._environment} | ({"server": self._server} if self._server else {})
        transport = httpx2.AsyncHTTPTransport(uds=str(self._registry))
        timeout = httpx2.Timeout(5.0, read=SILENCE)
        async with (
            httpx2.AsyncClient(transport=transport, base_url="http://registry", timeout=timeout) as client,
            client.stream("GET", "/api/policies/stream", params=query) as answer,
        ):
            answer.raise_for_status()
            self._unconfirmed = set(self._current)
            async for line in answer.aiter_lines():
                if line:
                    yield json.loads(line)

    def _take(self, line: Any) -> None:
        match line:
            case {"kind": "policy", "signed": signed}:
                self._offer(signed)
            case {"kind": "withdrawn", "server": str(server)}:
                self._withdraw(server)
            case {"kind": "current"}:
                self._reconcile()
                self._ready.set()
            case _:
                pass

    def _offer(self, signed: object) -> None:
        named = None
        try:
            envelope = SignedArtefact.model_validate(signed)
            named = verify(envelope, self._keys)
            artefact = self._fitting(named)
        except (ValidationError, UntrustedArtefact) as error:
            log.error("a policy from the registry is refused: %s", error)
            self._confirm(named)
            return
        self._confirm(named)
        if self._current.get(artefact.server) == artefact:
            return
        self._adopt(artefact)
        log.info("policy of %s version %d is in force", artefact.server, artefact.version)
        self._shelf.put(artefact.server, artefact.version, envelope)

    def _confirm(self, named: PolicyArtefact | None) -> None:
        if named is None:
            self._unconfirmed = None
        elif self._unconfirmed:
            self._unconfirmed.discard(named.server)

    def _reconcile(self) -> None:
        """End of a snapshot: what it did not name was withdrawn while nobody listened here."""
        for server in self._unconfirmed or ():
            self._withdraw(server)
        self._unconfirmed = None

    def _fitting(self, artefact: PolicyArtefact) -> PolicyArtefact:
        """Return `artefact` if it may be obeyed here and now, else raise `UntrustedArtefact`."""
        if artefact.environment != self._environment:
            raise UntrustedArtefact(f"it is for the environment {artefact.environment}")
        if self._server is not None and artefact.server != self._server:
            raise UntrustedArtefact(f"it is for the server {artefact.server}")
        if artefact.version < self._seen.get(artefact.server, 0):
            raise UntrustedArtefact(f"version {artefact.version} is older than one seen before")
        if time.time() >= artefact.not_after:
            raise UntrustedArtefact("it has expired")
        if (reason := self._accept(artefact)) is not None:
            raise UntrustedArtefact(reason)
        return artefact

    def _adopt(self, artefact: PolicyArtefact) -> None:
        self._seen[artefact.server] = artefact.version
        self._current[artefact.server] = artefact
        self._ready.set()
        self._tell()

    def _withdraw(self, server: str) -> None:
        if self._current.pop(server, None) is not None:
            self._shelf.take_away(server)
            log.info("policy of %s is withdrawn", server)
            self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _load(self) -> None:
        """Start from disk: what was good once is good still, if it verifies again today."""
        for server, envelope in self._shelf.policies():
            if self._server is not None and server != self._server:
                continue
            try:
                self._adopt(self._fitting(verify(SignedArtefact.model_validate_json(envelope), self._keys)))
            except (ValidationError, UntrustedArtefact) as error:
                log.error("the kept policy of %s is refused: %s", server, error)
