"""The pages of reviews: a queue that begins with what waits for me, and a decision that only takes away."""

import re
from typing import Any

import httpx2
from sqlalchemy import insert, select

from platform_core.policy.artefact import PolicyArtefact
from platform_core.testing import PEOPLE
from registry.pages.reviews import PAGE
from registry.reviews import submission as domain
from registry.reviews.submission import Answers
from registry.store import artefacts, reviews, sessions
from registry.store.review_tables import Submission
from tests.registry.pages.reading import page_for, read
from tests.registry.reviews.reviewing import PLAIN, STRANGE
from tests.registry.stage import Registry, registration

PRESTO = registration("presto")
FIELDS = ("surfaces", "channels", "groups", "business_groups", "browse", "tools", "data_classes", "services")


async def handed_in(registry: Registry, answers: dict[str, Any] = STRANGE, **changed: Any) -> domain.Submission:
    said = registration("presto", **changed)
    return await registry.parts.reviews.submit(said, Answers.model_validate(answers), by="olu", links={})


async def press(
    registry: Registry, login: str, path: str, *, site: str = "same-origin", **sent: Any
) -> httpx2.Response:
    """Send the form of a review's page as its reviewer's browser does, with some of it changed."""
    person = PEOPLE[login].calling_from("registry", client="seedbed-registry")
    async with registry.parts.database.writing() as connection:
        secret = await sessions.open_session(connection, person, now=registry.parts.clock())
    headers = {"Cookie": f"seedbed-registry-session={secret}", "Sec-Fetch-Site": site}
    html = (await registry.public.get(path.rpartition("/")[0], headers=headers)).text
    given: dict[str, Any] = {name: re.findall(rf'name="{name}" value="([^"]*)"', html) for name in FIELDS}
    for name in ("csrf", "contract_digest"):
        given[name] = (re.findall(rf'name="{name}" value="([^"]*)"', html) or [""])[0]
    return await registry.public.post(path, data=given | sent, headers=headers)


async def in_force(registry: Registry) -> PolicyArtefact | None:
    async with registry.parts.database.reading() as connection:
        signed = await artefacts.in_force(connection, "production", "presto")
    return artefacts.opened(signed[0]) if signed else None


async def test_the_queue_begins_with_what_waits_for_the_reader(registry: Registry) -> None:
    await handed_in(registry)
    mine = await read(registry, "sam", "/reviews")
    assert "Waits for you Server State" in mine
    assert "Presto 1.0.0 new in production, handed in by olu for Data Platform" in mine
    assert "No review waits for you" in await read(registry, "olu", "/reviews")
    assert "Presto" not in await read(registry, "ana", "/reviews")


async def test_what_is_decided_comes_in_pages_and_no_list_opens_what_was_handed_in(registry: Registry) -> None:
    first = await handed_in(registry)
    async with registry.parts.database.writing() as connection:
        await connection.exec_driver_sql("UPDATE submissions SET state = 'refused', registration = 'spoilt'")
        row = dict((await connection.execute(select(Submission.__table__))).mappings().one())
        del row["id"]
        await connection.execute(insert(Submission), [row] * PAGE)
    newest = await page_for(registry, "sam", "/reviews")
    assert newest.text.count('<th scope="row">') == PAGE
    assert f'href="/reviews/{first.id}"' not in newest.text
    [older] = re.findall(r'href="/reviews\?before=(\d+)#closed"', newest.text)
    last = await page_for(registry, "sam", "/reviews", before=older)
    assert last.text.count('<th scope="row">') == 1
    assert f'href="/reviews/{first.id}"' in last.text
    shown = await registry.ask("/api/reviews", "sam", before=older)
    assert [each["id"] for each in shown] == [first.id]


async def test_the_page_shows_who_gains_and_what_stands_behind_it(registry: Registry) -> None:
    review = await handed_in(registry)
    shown = await read(registry, "sam", f"/reviews/{review.id}")
    assert "gains run_query employees, in business group ads, data-platform or finance" in shown
    assert "The data class is true MCP-DATA-4 Waits Legal, Privacy" in shown
    assert "Your decision, SEC-1" in shown
    assert "Your decision" not in await read(registry, "olu", f"/reviews/{review.id}")


async def test_what_is_left_ticked_is_what_is_given(registry: Registry) -> None:
    review = await handed_in(registry, PLAIN)
    page = f"/reviews/{review.id}"
    sent = await press(
        registry, "sam", f"{page}/security", decision="grant", tools=["find_tables", "describe_table"], days="30"
    )
    assert (sent.status_code, sent.headers["location"]) == (303, page)
    await press(registry, "lea", f"{page}/legal", decision="grant", only_groups="data-engineering, platform")
    artefact = await in_force(registry)
    assert artefact is not None
    assert set(artefact.tools) == {"find_tables", "describe_table"}
    assert artefact.reach.groups == ("data-engineering", "platform")
    assert artefact.not_after - registry.parts.clock() < 31 * 86_400
    assert "Live under policy 1" in await read(registry, "sam", page)


async def test_a_form_that_is_left_as_it_came_takes_nothing_away(registry: Registry) -> None:
    review = await handed_in(registry, PLAIN)
    await press(registry, "sam", f"/reviews/{review.id}/security", decision="grant")
    async with registry.parts.database.reading() as connection:
        found = await reviews.one(connection, review.id)
    assert found is not None
    assert found.tickets[0].narrowing.model_fields_set == set()


async def test_a_form_from_elsewhere_or_by_the_wrong_reviewer_decides_nothing(registry: Registry) -> None:
    review = await handed_in(registry)
    path = f"/reviews/{review.id}/security"
    assert (await press(registry, "sam", path, site="cross-site", decision="grant")).status_code == 403
    assert (await press(registry, "sam", path, csrf="guessed", decision="grant")).status_code == 403
    assert (await press(registry, "lea", path, decision="grant")).status_code == 403
    refused = await press(registry, "sam", path, decision="refuse")
    assert refused.status_code == 400
    assert "say why" in refused.text.lower()
    async with registry.parts.database.reading() as connection:
        found = await reviews.one(connection, review.id)
    assert found is not None
    assert {ticket.state for ticket in found.tickets} == {"open"}


async def test_what_if_shows_before_and_after(registry: Registry) -> None:
    review = await handed_in(registry)
    shown = await read(registry, "sam", f"/reviews/{review.id}/what-if?business_groups=ads&groups=platform")
    assert "run_query No it was not there Yes policy execute holds" in shown


async def test_the_evidence_is_a_file_for_those_who_read_the_page(registry: Registry) -> None:
    review = await handed_in(registry)
    file = await page_for(registry, "sam", f"/reviews/{review.id}/evidence", format="markdown")
    assert file.text.startswith("# Review 1 of presto")
