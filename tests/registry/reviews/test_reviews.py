"""From what an owner hands in to a signed policy in force: by every reviewer's word, and by nothing less."""

from platform_core.policy.artefact import PolicyArtefact
from registry.store import artefacts
from tests.registry.reviews.reviewing import PLAIN, Office
from tests.registry.stage import Registry, registration

SEED, PRESTO = registration("seed"), registration("presto")


async def in_force(registry: Registry, server: str) -> PolicyArtefact | None:
    async with registry.parts.database.reading() as connection:
        signed = await artefacts.in_force(connection, "production", server)
    return artefacts.opened(signed[0]) if signed else None


async def test_three_reviews_given_are_a_signed_policy_in_force(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(PRESTO)
    assert [each["ticket"] for each in review["tickets"]] == ["SEC-1", "LEG-1", "AI-1"]
    assert (review["state"], await in_force(registry, "presto")) == ("open", None)
    live = await office.grant_all(review)
    artefact = await in_force(registry, "presto")
    assert artefact is not None
    assert (live["state"], live["policy_version"], artefact.version) == ("live", 1, 1)
    assert [(each.kind, each.reviewer, each.ticket) for each in artefact.reviews] == [
        ("security", "sam", "SEC-1"),
        ("legal", "lea", "LEG-1"),
        ("genai", "gia", "AI-1"),
    ]
    assert [entry["name"] for entry in (await registry.ask("/api/catalog", "ana"))["servers"]] == ["presto"]


async def test_the_genai_review_is_asked_for_where_the_answers_say_so(registry: Registry) -> None:
    review = await Office(registry).opened(SEED, answers=PLAIN)
    assert [each["kind"] for each in review["tickets"]] == ["security", "legal"]
