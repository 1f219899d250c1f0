"""A live server is to be used no more: people are told what takes its place, and its policy ends on the day."""

from registry.policies import Policies
from registry.refused import Refused
from registry.reviews.going_live import sign_above
from registry.reviews.submission import ENVIRONMENT
from registry.signing import Signing
from registry.store import artefacts, audit, deprecations
from registry.store.database import Database
from registry.store.deprecations import Deprecated


async def deprecate(database: Database, said: Deprecated) -> None:
    """Write down what takes its place, and from when on. What was said before is replaced."""
    async with database.writing() as connection:
        ground = await artefacts.ground(connection, ENVIRONMENT, said.server)
        successor = said.successor and await artefacts.ground(connection, ENVIRONMENT, said.successor)
        if ground is None or ground.withdrawn or ground.signed is None:
            raise _invalid(said.server, f"{said.server} is not live, so there is nothing to deprecate")
        if said.successor and (successor is None or said.successor == said.server):
            raise _invalid(said.server, f"{said.successor} can't take its place: it is not registered in {ENVIRONMENT}")
        if said.ends_at <= said.said_at:
            raise _invalid(said.server, "the day of its end is past; to close it at once, suspend it")
        await deprecations.put(connection, said)
        detail = {"successor": said.successor, "ends_at": said.ends_at, "reason": said.reason}
        await audit.append(
            connection, act="server.deprecated", actor=said.said_by, about=said.server, detail=detail, now=said.said_at
        )


async def end_in_time(database: Database, policies: Policies, signing: Signing, *, now: int) -> None:
    """Have no policy of a deprecated server live longer than was said. To take that back needs a review."""
    async with database.reading() as connection:
        said = await deprecations.all_of_them(connection)
        signed = [each for name in said for each in await artefacts.in_force(connection, ENVIRONMENT, name)]
    for before in map(artefacts.opened, signed):
        end = int(said[before.server].ends_at)
        if now < end < before.not_after:
            changed = {"version": before.version + 1, "issued_at": now, "not_after": end}
            await policies.take(await sign_above(signing, before.model_copy(update=changed)))


def _invalid(server: str, detail: str) -> Refused:
    return Refused(code="invalid", rule="registry/deprecation", detail=detail, server=server)
