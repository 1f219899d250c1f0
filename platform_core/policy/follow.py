"""Policies as they arrive: pushed by the registry, verified here, the last good one kept on disk."""

import asyncio
import contextlib
import json
import logging
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2
from pydantic import ValidationError

from platform_core.policy.artefact import PolicyArtefact
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
        self._accept, self._folder = accept, state / "policies" / environment
        self._current: dict[str, PolicyArtefact] = {}
        self._seen: dict[str, int] = {}
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
            except (httpx2.HTTPError, OSError, ValueError, TimeoutError) as error:
                log.warning("policies can't be followed, the last good ones stay: %s", error or type(error).__name__)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # spreads reconnects, guards nothing
            pause = min(pause * 2, 5.0)

    async def _lines(self) -> AsyncIterator[dict[str, Any]]:
        query = {"environment": self._environment} | ({"server": self._server} if self._server else {})
        transport = httpx2.AsyncHTTPTransport(uds=str(self._registry))
        timeout = httpx2.Timeout(5.0, read=SILENCE)
        async with (
            httpx2.AsyncClient(transport=transport, base_url="http://registry", timeout=timeout) as client,
            client.stream("GET", "/api/policies/stream", params=query) as answer,
        ):
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line:
                    yield json.loads(line)

    def _take(self, line: dict[str, Any]) -> None:
        match line.get("kind"):
            case "policy":
                self._offer(line.get("signed"))
            case "withdrawn":
                self._withdraw(str(line.get("server")))
            case "current":
                self._ready.set()
            case _:
                pass

    def _offer(self, signed: object) -> None:
        try:
            envelope = SignedArtefact.model_validate(signed)
            artefact = self._trusted(envelope)
        except (ValidationError, UntrustedArtefact) as error:
            log.error("a policy from the registry is refused: %s", error)
            return
        if self._current.get(artefact.server) == artefact:
            return
        self._keep(envelope, artefact)
        self._adopt(artefact)
        log.info("policy of %s version %d is in force", artefact.server, artefact.version)

    def _trusted(self, envelope: SignedArtefact) -> PolicyArtefact:
        artefact = verify(envelope, self._keys)
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
            self._path(server).unlink(missing_ok=True)
            log.info("policy of %s is withdrawn", server)
            self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _path(self, server: str) -> Path:
        return self._folder / f"{server}.json"

    def _keep(self, envelope: SignedArtefact, artefact: PolicyArtefact) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(artefact.server)
        fresh = path.with_suffix(".new")
        fresh.write_text(envelope.model_dump_json())
        os.replace(fresh, path)

    def _load(self) -> None:
        """Start from disk: what was good once is good still, if it verifies again today."""
        for path in sorted(self._folder.glob("*.json")):
            if self._server is not None and path.stem != self._server:
                continue
            with contextlib.suppress(OSError):
                self._load_one(path)

    def _load_one(self, path: Path) -> None:
        try:
            artefact = self._trusted(SignedArtefact.model_validate_json(path.read_bytes()))
        except (ValidationError, UntrustedArtefact) as error:
            log.error("the kept policy %s is refused: %s", path.name, error)
            return
        self._adopt(artefact)
