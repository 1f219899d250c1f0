"""What may be obeyed: registrations and signed policies, checked, kept and told to the followers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.artefact import Environment, PolicyArtefact
from platform_core.policy.expressible import inexpressible
from platform_core.policy.keys import PinnedKeys
from platform_core.policy.sign import SignedArtefact, UntrustedArtefact, verify
from platform_core.registration.contract import Registration
from registry.broadcast import Broadcast, Change
from registry.refused import Refused, unknown_server
from registry.store import artefacts, servers
from registry.store.artefacts import Ground
from registry.store.database import Database

Also = Callable[[AsyncConnection], Awaitable[bool]]
"""What is written in the same step; it says no where somebody has done it all before."""


@dataclass(frozen=True, kw_only=True)
class Policies:
    """The only way in for registrations and policies. What is told was on the disk before, and in the same order."""

    database: Database
    keys: PinnedKeys
    broadcast: Broadcast
    clock: Callable[[], float]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def register(self, registration: Registration, environment: Environment) -> str:
        """Put a registration in force and return its contract's digest.

        A server that was withdrawn comes back with its last policy.
        """
        check(registration)
        name = registration.manifest.name
        async with self._turn:
            async with self.database.writing() as connection:
                before = await artefacts.ground(connection, environment, name)
                contract_digest = await servers.register(connection, registration, environment, now=self.clock())
            if before and before.withdrawn and before.signed:
                self.broadcast.publish(Change(environment=environment, server=name, signed=before.signed))
        return contract_digest

    async def withdraw(self, environment: Environment, name: str) -> None:
        """Take a server down: nothing reaches it any more."""
        async with self._turn:
            async with self.database.writing() as connection:
                if await artefacts.ground(connection, environment, name) is None:
                    raise unknown_server(name, environment)
                was_up = await servers.withdraw(connection, environment, name, now=self.clock())
            if was_up:
                self.broadcast.publish(Change(environment=environment, server=name, signed=None))

    async def try_out(self, signed: SignedArtefact) -> PolicyArtefact:
        """Put the policy of an experiment in force: what no review made opens nothing in production."""
        artefact = self._trusted(signed)
        if artefact.environment == "production":
            detail = "a policy of production comes of its reviews: hand the server in with `seedbed submit`"
            raise Refused(code="authorization_denied", rule="registry/review", detail=detail, server=artefact.server)
        return await self.take(signed)

    async def take(self, signed: SignedArtefact) -> PolicyArtefact:
        """Put a signed policy in force, if it is to be trusted, new, and fits the registered contract."""
        artefact = self._trusted(signed)
        async with self._turn:
            async with self.database.writing() as connection:
                ground = await artefacts.ground(connection, artefact.environment, artefact.server)
                if ground is None or ground.withdrawn:
                    raise unknown_server(artefact.server, artefact.environment)
                if signed == ground.signed:
                    return artefact
                _fit(artefact, ground)
                await artefacts.keep(connection, artefact, signed, now=self.clock())
            self.broadcast.publish(Change(environment=artefact.environment, server=artefact.server, signed=signed))
        return artefact

    async def go_live(self, registration: Registration, signed: SignedArtefact, also: Also) -> bool:
        """Put a registration and its signed policy in force in one step; False where `also` says that it was done."""
        check(registration)
        artefact, now = self._trusted(signed), self.clock()
        environment, server = artefact.environment, artefact.server
        async with self._turn:
            async with self.database.writing() as connection:
                if not await also(connection):
                    return False
                await servers.register(connection, registration, environment, now=now)
                ground = await artefacts.ground(connection, environment, server)
                if ground is None:
                    raise unknown_server(server, environment)
                _fit(artefact, ground)
                await artefacts.keep(connection, artefact, signed, now=now)
            self.broadcast.publish(Change(environment=environment, server=server, signed=signed))
        return True

    def _trusted(self, signed: SignedArtefact) -> PolicyArtefact:
        try:
            artefact = verify(signed, self.keys)
        except UntrustedArtefact as error:
            raise Refused(code="untrusted", rule="registry/untrusted-policy", detail=str(error)) from error
        if (unfit := inexpressible(artefact)) is not None:
            raise Refused(code="invalid", rule="registry/inexpressible", detail=unfit, server=artefact.server)
        if self.clock() >= artefact.not_after:
            raise Refused(
                code="untrusted",
                rule="registry/expired-policy",
                detail="the policy's not_after is past; sign it anew",
                server=artefact.server,
            )
        return artefact


def _fit(artefact: PolicyArtefact, ground: Ground) -> None:
    server = artefact.server
    if artefact.contract_digest != ground.contract_digest:
        raise Refused(
            code="contract_differs",
            rule="registry/contract",
            detail=f"the policy is for the contract {artefact.contract_digest}, "
            f"{server} is registered with {ground.contract_digest}",
            server=server,
        )
    if ground.version is not None and artefact.version <= ground.version:
        raise Refused(
            code="not_newer",
            rule="registry/policy-version",
            detail=f"version {artefact.version} is not above version {ground.version}, which is in force",
            server=server,
        )


def check(registration: Registration) -> None:
    """Return if manifest and contract speak of the same things, else raise `Refused`."""
    manifest, contract = registration.manifest, registration.contract
    if contract.server != manifest.name:
        raise _misfit(manifest.name, f"the manifest is of {manifest.name}, the contract of {contract.server}")
    if differ := sorted(manifest.tools.keys() ^ contract.tools.keys()):
        raise _misfit(manifest.name, f"manifest and contract must name the same tools; they differ in {differ}")
    for name, facts in manifest.tools.items():
        promise = contract.tools[name]
        if (facts.risk, facts.data_class) != (promise.risk, promise.data_class):
            raise _misfit(manifest.name, f"manifest and contract judge the tool {name} differently")


def _misfit(server: str, detail: str) -> Refused:
    return Refused(code="invalid", rule="registry/registration", detail=detail, server=server)
