"""Who asks: the bearer of a platform token, about themselves."""

from typing import Annotated

from fastapi import Depends, Query, Request

from platform_core.auth.principal import Principal
from platform_core.auth.tokens import Unauthenticated
from registry.parts import PartsHere
from registry.refused import Refused


async def _caller(
    request: Request,
    parts: PartsHere,
    person: Annotated[str | None, Query(description="Yourself; asking about somebody else is refused.")] = None,
) -> Principal:
    try:
        who = parts.verifier.verify(_bearer(request))
    except Unauthenticated as error:
        raise _unauthenticated(str(error)) from None
    # The proxy read the same token; where the two differ, something between them is not what it seems.
    if request.headers.getlist("x-forwarded-user") not in ([], [who.subject]):
        raise _unauthenticated("the token and the proxy's X-Forwarded-User name different people")
    if person not in (None, who.subject):
        raise Refused(
            code="authorization_denied",
            rule="registry/yourself",
            detail=f"{who.subject} may ask about {who.subject} only",
        )
    return who


def _bearer(request: Request) -> str:
    given = request.headers.getlist("authorization")
    if len(given) != 1:
        raise _unauthenticated("send one Authorization header: Bearer and a token of the platform")
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unauthenticated("the Authorization header is not Bearer and a token")
    return token


def _unauthenticated(detail: str) -> Refused:
    return Refused(code="unauthenticated", rule="registry/token", detail=detail)


Caller = Annotated[Principal, Depends(_caller)]
"""The verified caller, for an endpoint that asks for it."""
