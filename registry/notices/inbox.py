"""What one person is told: themselves, in their groups, and in their roles."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.auth.principal import Principal
from registry.parts import Parts
from registry.refused import Refused
from registry.roles import given_to
from registry.store import notices
from registry.store.notices import Audience, Told


def audiences_of(person: Principal, roles: Collection[str]) -> list[Audience]:
    """Every name under which this person is told something."""
    groups = sorted(person.groups | person.business_groups)
    return [
        Audience("person", person.subject),
        *(Audience("group", group) for group in groups),
        *(Audience("role", role) for role in roles),
    ]


async def waiting_for(connection: AsyncConnection, person: Principal, *, roles: Collection[str] = ()) -> int:
    """How many things wait for this person's decision; `roles` are those of `registry.roles.given_to`."""
    return await notices.count_waiting(connection, person.subject, audiences_of(person, roles))


async def inbox(parts: Parts, person: Principal) -> list[Told]:
    """What this person is told now, the newest first."""
    async with parts.database.reading() as connection:
        return await notices.open_for(connection, person.subject, audiences_of(person, given_to(parts, person)))


async def put_aside(parts: Parts, person: Principal, id: int) -> None:
    """Not be told of it any more. Raises `Refused` where that is not theirs to say."""
    to = audiences_of(person, given_to(parts, person))
    async with parts.database.writing() as connection:
        done = await notices.set_aside(connection, id, person.subject, to, now=parts.clock())
    if not done:
        detail = "there is no such notice for you that can be put aside: what waits for a decision ends with it"
        raise Refused(code="not_found", rule="registry/your-notice", detail=detail)
