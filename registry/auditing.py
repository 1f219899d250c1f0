"""What auditors may look at, and that their looks are written down first."""

from pydantic import JsonValue

from platform_core.auth.principal import Principal
from registry.parts import Parts
from registry.refused import Refused
from registry.roles import in_role
from registry.store import audit, calls


async def look_at_body(parts: Parts, who: Principal, id: str) -> str | None:
    """What a call answered, for an auditor; nobody else reads it, and no look leaves no line."""
    await in_role(parts, who, "auditor")
    async with parts.database.writing() as connection:
        call = await calls.one(connection, id)
        if call is None:
            raise Refused(code="not_found", rule="registry/call", detail=f"no call is known as {id}")
        detail: dict[str, JsonValue] = {"of": calls.whose(call), "server": call["server"]}
        await audit.append(connection, act="body.read", actor=who.subject, about=id, detail=detail, now=parts.clock())
        return await calls.body(connection, id)


async def look_at_calls(parts: Parts, who: Principal, id: str, *, of: list[str]) -> None:
    """Write down that somebody looked at calls of others by their role."""
    detail: dict[str, JsonValue] = {"of": [*of]}
    async with parts.database.writing() as connection:
        await audit.append(connection, act="calls.read", actor=who.subject, about=id, detail=detail, now=parts.clock())
