"""Who asks: the bearer of a platform token, about themselves."""

from typing import Annotated

from fastapi import Depends, Query, Request

from platform_core.auth.border import Refusal
from platform_core.auth.principal import Principal
from registry.parts import Parts, PartsHere
from registry.refused import Refused


def who_calls(request: Request, parts: Parts) -> Principal:
    """The verified caller, a person or a service. Raises `Refused`."""
    headers = request.headers.raw
    try:
        return parts.border.caller(headers, dict(headers))
    except Refusal as refusal:
        raise Refused(code=refusal.code, rule=refusal.rule, detail=refusal.detail) from None


def about_themselves(who: Principal, person: str | None) -> Principal:
    """The same person, if they ask about nobody else. Raises `Refused`."""
    if person not in (None, who.subject):
        raise Refused(
            code="authorization_denied",
            rule="registry/yourself",
            detail=f"{who.subject} may ask about {who.subject} only",
        )
    return who


async def _caller(
    request: Request,
    parts: PartsHere,
    person: Annotated[str | None, Query(description="Yourself; asking about somebody else is refused.")] = None,
) -> Principal:
    who = who_calls(request, parts)
    if who.kind == "service":
        detail = "the registry answers to people; a service finds what it may call in the policy that lists it"
        raise Refused(code="unauthenticated", rule="registry/person", detail=detail)
    return about_themselves(who, person)


Caller = Annotated[Principal, Depends(_caller)]
"""The verified caller, for an endpoint that asks for it."""
