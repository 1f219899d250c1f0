"""What stands behind a review is in one place, before it is decided and for good."""

import json
from typing import Any

from registry.store import sessions
from tests.registry.reviews.reviewing import Office
from tests.registry.stage import TOOLS, Registry, registration

SEED, PRESTO = registration("seed"), registration("presto", needs={"engine": {"url": "url", "password": "secret"}})


async def evidence(registry: Registry, review: dict[str, Any]) -> dict[str, Any]:
    answer = await Office(registry).ask(f"/{review['id']}/evidence")
    return dict(json.loads(answer.raise_for_status().content))


async def test_it_says_who_gains_and_what_the_server_is(registry: Registry) -> None:
    found = await evidence(registry, await Office(registry).opened(PRESTO))
    gains = {row["what"]: row["gains"] for row in found["changes"]}
    assert gains["run_query"] == [
        "employees, in business group ads, data-platform or finance, in group data-engineering or platform, from cli"
    ]
    assert found["data_classes"] == {"internal": ["find_tables", "describe_table"], "restricted": ["run_query"]}
    assert found["egress"] == {"engine": {"url": "url", "password": "secret"}}
    assert {each["tool"] for each in found["contract"]} == set(TOOLS["presto"])


async def test_a_wider_wish_shows_only_what_is_new(registry: Registry) -> None:
    office = Office(registry)
    await office.grant_all(await office.opened(PRESTO))
    wider = PRESTO.manifest.proposes.model_copy(update={"business_groups": ("ads", "finance", "support")})
    found = await evidence(registry, await office.opened(registration("presto", proposes=wider)))
    change = {row["what"]: (row["gains"], row["loses"]) for row in found["changes"]}
    assert set(change) == {"open the server", "find_tables", "describe_table", "run_query"}
    assert "support" in change["run_query"][0][0]
    assert "data-platform" in change["run_query"][1][0]
    assert found["contract"] == []


async def test_people_who_signed_in_show_what_they_would_notice(registry: Registry) -> None:
    async with registry.parts.database.writing() as connection:
        for login in ("ana", "carl"):
            person = registry.parts.verifier.verify(registry.issuer.token(login))
            await sessions.open_session(connection, person, now=registry.parts.clock())
    found = await evidence(registry, await Office(registry).opened(SEED))
    assert found["people"] == [{"person": "ana", "tool": "greet", "surface": "cli", "before": False, "after": True}]
    assert found["unchanged"] == 1


async def test_each_clause_says_how_it_stands_and_who_looked(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(SEED)
    (await office.decide(review, "security")).raise_for_status()
    states = {
        each["id"]: (each["state"], each["looked_at_by"]) for each in (await evidence(registry, review))["clauses"]
    }
    assert states["MCP-AUTH-1"] == ("passed", "automatic")
    assert states["MCP-AUTH-4"] == ("confirmed", "Security, sam")
    assert states["MCP-DATA-4"] == ("waits", "Legal, Privacy")
    assert states["MCP-TEXT-1"][0] == "checked in the pipeline"


async def test_the_file_outlives_the_review_and_no_word_of_an_author_is_markup(registry: Registry) -> None:
    office = Office(registry)
    hostile = "Greet.\n# A heading\n[a link](http://elsewhere)"
    tools = {"greet": TOOLS["seed"]["greet"].model_copy(update={"description": hostile})}
    review = await office.opened(registration("seed", tools=tools))
    await office.grant_all(review, security={"tools": ["greet"], "until": int(registry.parts.clock()) + 86_400 * 30})
    answer = await office.ask(f"/{review['id']}/evidence", format="markdown")
    assert answer.headers["content-disposition"] == 'attachment; filename="review-1-seed.md"'
    marked_up = [line for line in answer.text.splitlines() if line and not line.startswith("    ")]
    assert not [line for line in marked_up if "heading" in line or "elsewhere" in line]
    assert "    SEC-1 Security: granted by sam" in answer.text


async def test_what_if_of_a_review_that_no_row_can_be_is_a_bad_question(registry: Registry) -> None:
    assert (await Office(registry).simulate("sam", server="seed", review=2**63)).status_code == 400


async def test_what_if_is_asked_of_a_review_and_of_the_policy_in_force(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(PRESTO)
    caller = {"groups": ["platform"], "business_groups": ["ads"]}
    asked: dict[str, Any] = {"server": "presto", "tool": "run_query", "caller": caller}
    assert (await office.simulate("sam", **asked)).status_code == 404
    said = (await office.simulate("sam", **asked, review=review["id"])).json()
    assert (said["allow"], said["policy_version"]) == (True, None)
    tools = ["find_tables", "describe_table"]
    (await office.decide(review, "legal", narrowing={"tools": tools})).raise_for_status()
    said = (await office.simulate("sam", **asked, review=review["id"])).json()
    assert (said["allow"], said["rule"]) == (False, "presto/default-deny")
    await office.grant_all((await office.ask(f"/{review['id']}")).json())
    assert (await office.simulate("sam", **asked)).json()["policy_version"] == 1
    assert (await office.simulate("ana", **asked)).status_code == 403
