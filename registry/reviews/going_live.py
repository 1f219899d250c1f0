"""The last step: what every reviewer gave is compiled, signed under the next version, and put in force at once."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import SignedArtefact
from registry.policies import Policies
from registry.refused import Refused
from registry.reviews import telling
from registry.reviews.compiling import compiled
from registry.reviews.submission import Submission
from registry.signing import Signing
from registry.store import artefacts, deprecations, reviews
from registry.store.artefacts import opened
from registry.store.database import Database
from registry.suspending import EVERYWHERE

TRIES = 1_000
"""Versions that the signer may have used up for documents that never arrived here."""


async def go_live(
    database: Database, policies: Policies, signing: Signing, number: int, *, clock: Callable[[], float]
) -> None:
    """Bring one granted submission live. Until the last line the policy before it stays in force."""
    async with database.reading() as connection:
        submission = await reviews.one(connection, number)
        if submission is None or submission.state != "granted":
            return
        version = await reviews.highest_version(connection, submission.server) + 1
    signed = await sign_above(signing, compiled(submission, now=int(clock()), version=version))

    async def also(connection: AsyncConnection) -> bool:
        return await _went_live(connection, submission, opened(signed), now=clock())

    await policies.go_live(submission.registration, signed, also)


async def sign_anew(
    database: Database, policies: Policies, signing: Signing, key: str, *, clock: Callable[[], float]
) -> list[str]:
    """The policies in force that another key has signed, each as its next version; returns their servers."""
    done: list[str] = []
    for environment in EVERYWHERE:
        async with database.reading() as connection:
            old = [each for each in await artefacts.in_force(connection, environment) if each.key != key]
        for before in map(opened, old):
            if before.not_after > clock():
                changed = {"version": before.version + 1, "issued_at": int(clock())}
                await policies.take(await sign_above(signing, before.model_copy(update=changed)))
                done.append(before.server)
    return done


async def sign_above(signing: Signing, artefact: PolicyArtefact) -> SignedArtefact:
    """`artefact` signed, under the next free version where its own was used for something that got lost."""
    for version in range(artefact.version, artefact.version + TRIES):
        try:
            return await signing.sign(artefact.model_copy(update={"version": version}))
        except Refused as refused:
            if refused.code != "not_newer":
                raise
    detail = f"the signer has used {TRIES} versions above those that the registry knows; look at its log"
    raise Refused(code="unavailable", rule="registry/signer", detail=detail, server=artefact.server)


async def _went_live(connection: AsyncConnection, submission: Submission, artefact: PolicyArtefact, now: float) -> bool:
    version = artefact.version
    moved = await reviews.move(connection, submission.id, from_="granted", to="live", now=now, version=version)
    if moved:
        await deprecations.drop(connection, submission.server)
        await telling.closed(connection, submission, "live", now=now, version=version)
    return moved
