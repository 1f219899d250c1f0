"""About whom a question is: the bearer of a token, or a person whom a workload describes that may ask about people."""

import math
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from platform_core.auth.principal import Principal
from registry.api.caller import about_themselves, who_calls
from registry.parts import Parts, PartsHere
from registry.refused import Refused

Words = Annotated[tuple[str, ...], Field(max_length=500)]


class Described(BaseModel):
    """A person as the token would say that they do not show here; for workloads that may ask about people."""

    model_config = ConfigDict(frozen=True)

    person: Annotated[str | None, Field(description="Yourself; from a workload that may ask, anybody.")] = None
    client: Annotated[str | None, Field(description="From a workload: the OAuth client the person works with.")] = None
    channel: Annotated[str | None, Field(description="From a workload: where in the surface they speak.")] = None
    employment: Annotated[str, Field(description="From a workload: employee or contractor.")] = ""
    group: Words = ()
    business_group: Words = ()
    role: Words = ()

    @property
    def of_a_workload(self) -> bool:
        """Whether anything is said that the bearer of a token has no say in."""
        rest = (self.client, self.channel, self.employment, *self.group, *self.business_group, *self.role)
        return any(rest)


async def _asked_about(request: Request, parts: PartsHere, described: Annotated[Described, Query()]) -> Principal:
    who = who_calls(request, parts)
    if who.kind == "service":
        return _by_the_word_of(who, parts, described)
    if described.of_a_workload:
        raise _invalid("your token says who you are: leave out client, channel, employment and the groups")
    return about_themselves(who, described.person)


def _by_the_word_of(asker: Principal, parts: Parts, described: Described) -> Principal:
    """The person as `asker` describes them. What it says is believed: the settings name it for that."""
    if asker.workload not in parts.settings.may_ask:
        detail = f"{asker.workload} may not ask about people: show the person's token, or have an operator list it"
        raise Refused(code="authorization_denied", rule="registry/may-ask", detail=detail)
    if not described.person or not described.client:
        raise _invalid("say about whom you ask: person and client, and the groups that the directory has of them")
    if (client := parts.verifier.client(described.client)) is None:
        raise _invalid(f"{described.client} is no client of production")
    return Principal(
        subject=described.person,
        groups=frozenset(described.group),
        business_groups=frozenset(described.business_group),
        roles=frozenset(described.role),
        employment=described.employment,
        client=described.client,
        surface=client.surface,
        channel=described.channel if client.vouches_for_channel else None,
        workload=client.spiffe_id(parts.verifier.trust_domain),
        expires_at=math.inf,
    )


def _invalid(detail: str) -> Refused:
    return Refused(code="invalid", rule="registry/request", detail=detail)


AskedAbout = Annotated[Principal, Depends(_asked_about)]
"""The person whom the answer is about, for an endpoint that services ask too."""
