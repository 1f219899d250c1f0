"""Before a call, for a person: by their own token, or by the word of a service that may ask about people."""

from pathlib import Path
from typing import Any

import pytest

from platform_core.policy.suspend import Suspension
from platform_core.testing import PEOPLE
from tests.registry.stage import TOOLS, Issuer, Registry, Signer, open_registry

PLANNER = "spiffe://seedbed.internal/production/service/planner"
OTHER = "spiffe://seedbed.internal/production/service/other"


def described(login: str, client: str = "seedbed-cli") -> list[tuple[str, str]]:
    """The person as the directory has them, in the words of the question."""
    person = PEOPLE[login]
    lists = {"group": person.groups, "business_group": person.business_groups, "role": person.roles}
    said = [("person", login), ("client", client), ("employment", person.employment)]
    return said + [(name, value) for name, values in lists.items() for value in values]


async def asked(registry: Registry, query: list[tuple[str, str]], by: str = PLANNER) -> Any:
    certificate = {"X-Forwarded-Client-Cert": f"Hash=0;URI={by}"}
    return await registry.public.get("/api/preflight", params=[("server", "presto"), *query], headers=certificate)


@pytest.mark.parametrize("login", PEOPLE)
async def test_a_service_that_may_ask_hears_what_the_person_would(
    folder: Path, issuer: Issuer, signer: Signer, login: str
) -> None:
    async with open_registry(folder, issuer, signer, may_ask=(PLANNER,)) as registry:
        await registry.make_live("presto")
        for tool in (*TOOLS["presto"], "drop_everything"):
            heard = (await asked(registry, [("tool", tool), *described(login)])).raise_for_status().json()
            assert heard == await registry.ask("/api/preflight", login, server="presto", tool=tool)


async def test_where_the_person_works_and_whether_they_are_suspended_counts(
    folder: Path, issuer: Issuer, signer: Signer
) -> None:
    async with open_registry(folder, issuer, signer, may_ask=(PLANNER,)) as registry:
        await registry.make_live("presto")
        chat = (await asked(registry, described("ana", "seedbed-web-chat"))).json()
        assert (chat["allow"], "web-chat" in chat["reason"]) == (False, True)
        assert (await asked(registry, described("ana"))).json()["allow"]
        await registry.parts.suspending.suspend(Suspension(person="ana", reason="left", by="olu", at=1), ["production"])
        assert not (await asked(registry, described("ana"))).json()["allow"]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ([("person", "bo")], "person and client"),
        ([("client", "seedbed-cli")], "person and client"),
        ([("person", "bo"), ("client", "nobodys")], "no client of production"),
        ([("person", "bo"), ("client", "seedbed-cli-dev")], "no client of production"),
    ],
)
async def test_a_question_that_describes_nobody_is_refused(
    folder: Path, issuer: Issuer, signer: Signer, query: list[tuple[str, str]], why: str
) -> None:
    async with open_registry(folder, issuer, signer, may_ask=(PLANNER,)) as registry:
        answer = await asked(registry, query)
        assert (answer.status_code, why in answer.json()["detail"]) == (400, True)


async def test_a_service_that_nobody_listed_may_not_ask(folder: Path, issuer: Issuer, signer: Signer) -> None:
    async with open_registry(folder, issuer, signer, may_ask=(PLANNER,)) as registry:
        await registry.make_live("presto")
        answer = await asked(registry, described("ana"), by=OTHER)
        assert (answer.status_code, answer.json()["rule"]) == (403, "registry/may-ask")


@pytest.mark.parametrize("more", ["group=platform", "client=seedbed-web-chat", "role=operator", "channel=C1"])
async def test_a_person_can_t_make_more_of_themselves_than_their_token_says(registry: Registry, more: str) -> None:
    await registry.make_live("presto")
    path = f"/api/preflight?server=presto&person=carl&{more}"
    answer = await registry.public.get(path, headers=registry.issuer.headers("carl"))
    assert (answer.status_code, "your token says who you are" in answer.json()["detail"]) == (400, True)
