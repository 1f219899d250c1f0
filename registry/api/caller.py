"""Who asks: the bearer of a platform token, about themselves."""

from typing import Annotated

from fastapi import Depends, Query, Request

from platform_core.auth.border import Refusal
from platform_core.auth.principal import Principal
from registry.parts import PartsHere
from registry.refused import Refused


async def _caller(
    request: Request,
    parts: PartsHere,
    person: Annotated[str | None, Query(description="Yourself; asking about somebody else is refused.")] = None,
) -> Principal:
    headers = request.headers.raw
    try:
        who = parts.border.caller(headers, dict(headers))
    except Refusal as refusal:
        raise Refused(code=refusal.code, rule=refusal.rule, detail=refusal.detail) from None
    if who.kind == "service":
        detail = "the registry answers to people; a service finds what it may call in the policy that lists it"
        raise Refused(code="unauthenticated", rule="registry/person", detail=detail)
    if person not in (None, who.subject):
        raise Refused(
            code="authorization_denied",
            rule="registry/yourself",
            detail=f"{who.subject} may ask about {who.subject} only",
        )
    return who


Caller = Annotated[Principal, Depends(_caller)]
"""The verified caller, for an endpoint that asks for it."""
