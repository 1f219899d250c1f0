"""The registry's own eye: every few seconds it lists what each server offers, through the proxy, as anybody would."""

import asyncio
import logging
import random
from typing import cast

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from sqlalchemy.exc import OperationalError

from platform_core.errors import DomainError
from platform_core.policy.artefact import Environment
from registry.parts import Parts
from registry.probe.capped import Capped
from registry.probe.drift import AS_REGISTERED, Drifting
from registry.probe.looking import Looking
from registry.probe.token import Token
from registry.store import health
from registry.store.health import Sighting, State
from registry.store.standing import Standing

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that a server may take to list its tools."""
AT_ONCE = 16
"""Looks under way at one time, however many servers there are."""


def probes(parts: Parts) -> list["Probe"]:
    """One for each environment that there is."""
    secrets = {"production": parts.settings.probe_secret, "dev": parts.settings.probe_dev_secret}
    clients = {"production": "seedbed-probe", "dev": "seedbed-probe-dev"}
    return [
        Probe(parts, environment, Token(parts, clients[environment], secret))
        for environment in parts.bases
        if (secret := secrets[environment]) is not None
    ]


class Probe:
    """Watches every server of an environment with one kept client each, and writes down what it saw."""

    def __init__(self, parts: Parts, environment: Environment, token: Token) -> None:
        self._parts, self._every = parts, parts.settings.probe_seconds
        self._environment: Environment = environment
        self._token = token
        self._drifting = Drifting(parts=parts, environment=environment)
        self._standings: dict[str, Standing] = {}
        self._seen: dict[str, Sighting] = {}
        self._news = asyncio.Event()
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Watch forever. Servers that come are watched, servers that go are not."""
        watchers: dict[str, asyncio.Task[None]] = {}
        await self._drifting.start()
        transport = Capped(trust_env=False)
        http = httpx2.AsyncClient(auth=self._token, timeout=PATIENCE, transport=transport, trust_env=False)
        async with http, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_down())
            while True:
                await self._read_standings()
                for gone in watchers.keys() - self._standings.keys():
                    watchers.pop(gone).cancel()
                for come in self._standings.keys() - watchers.keys():
                    watchers[come] = tasks.create_task(self._watch(come, http))
                await asyncio.sleep(min(self._every, 1.0))

    async def _read_standings(self) -> None:
        listed = (await self._parts.present.of(self._environment)).listed
        self._standings = {standing.name: standing for standing in listed}

    async def _write_down(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            seen, self._seen = list(self._seen.values()), {}
            try:
                async with self._parts.database.writing() as connection:
                    await health.note(connection, self._environment, seen)
            except OperationalError as error:
                log.error("what the probe saw can't be written down: %s", error.orig)
            await asyncio.sleep(0.1)  # what comes in together is written together

    async def _watch(self, server: str, http: httpx2.AsyncClient) -> None:
        # A cancellation may drown among the errors of the client that it interrupts; the task still counts it.
        while not _cancelled():
            standing = self._standings[server]
            if standing.artefact is None:
                self._note(server, "unknown", "it has no policy yet, so nothing may reach it")
            elif standing.suspended is not None:
                self._note(server, "unknown", "it is suspended, so nothing may reach it")
            else:
                await self._keep_looking(server, http)
            await asyncio.sleep(self._every * random.uniform(0.8, 1.0))  # noqa: S311  # spreads the looks, guards nothing

    async def _keep_looking(self, server: str, http: httpx2.AsyncClient) -> None:
        """Look with one client until it fails: a new one for each look would cost more than the look."""
        url = self._parts.url_of(self._environment, server)
        try:
            transport = streamable_http_client(url, http_client=http)
            async with Client(transport, cache=None, read_timeout_seconds=PATIENCE) as client:
                looking = Looking(client)
                while self._standings[server].suspended is None:
                    async with self._gate, asyncio.timeout(PATIENCE):
                        listing = await looking.look()
                    differs = await self._drifting.judge(self._standings[server], looking.version, listing)
                    if differs:
                        looking.doubt()
                    self._note(server, "degraded" if differs else "healthy", differs or AS_REGISTERED)
                    await asyncio.sleep(self._every)
        except* DomainError as errors:
            self._note(server, "unknown", f"the probe can't sign in: {_first(errors)}")
        except* (MCPError, httpx2.HTTPError, OSError, TimeoutError) as errors:
            self._note(server, "down", self._why_down(url, _first(errors)))
        except* Exception as errors:
            # What a server sends may trip the SDK anywhere; whatever it is, it never ends the registry.
            log.warning("%s answers the probe with what can't be read", server, exc_info=errors)
            self._note(server, "down", f"its answer can't be read: {type(_first(errors)).__name__}")

    def _why_down(self, url: str, error: BaseException) -> str:
        status = self._token.answered.pop(httpx2.URL(url).path, None)
        if isinstance(error, MCPError) and status is not None and status >= 400:
            return f"it answered {status}"
        return str(error) or f"no answer: {type(error).__name__}"

    def _note(self, server: str, state: State, reason: str) -> None:
        self._seen[server] = Sighting(server=server, state=state, reason=reason, at=self._parts.clock())
        self._news.set()


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    # What leaves the SDK's client comes wrapped, once for each task group on its way.
    error = errors.exceptions[0]
    return _first(cast("BaseExceptionGroup[BaseException]", error)) if isinstance(error, BaseExceptionGroup) else error
