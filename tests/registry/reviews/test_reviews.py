"""From what an owner hands in to a signed policy in force: by every reviewer's word, and by nothing less."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.suspend import Suspension
from registry.store import artefacts, audit, deprecations
from registry.store.notice_tables import Notice
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
    office = Office(registry)
    review = await office.opened(SEED, answers=PLAIN)
    assert [(each["kind"], each["state"]) for each in review["tickets"]] == [
        ("security", "open"),
        ("legal", "open"),
        ("genai", "not_applicable"),
    ]
    why = "the owner's answers: no model inside, no text of strangers, and nothing is sent out"
    assert (review["tickets"][2]["reason"], review["tickets"][2]["reviewer"]) == (why, None)
    async with registry.parts.database.reading() as connection:
        said = [line for line in await audit.lines(connection, after=0, most=50) if line.act == "review.not_applicable"]
    assert [(line.actor, line.detail["ticket"], line.detail["reason"]) for line in said] == [("olu", "AI-1", why)]
    late = await office.decide(review, "genai")
    assert (late.status_code, "AI-1 was decided by the owner's answers" in late.json()["detail"]) == (409, True)
    assert (await office.grant_all(review))["state"] == "live"


async def test_what_is_handed_in_twice_is_one_review(registry: Registry) -> None:
    office = Office(registry)
    assert (await office.opened(SEED))["id"] == (await office.opened(SEED))["id"]


async def test_what_is_live_already_asks_nobody_and_takes_a_new_summary(registry: Registry) -> None:
    office = Office(registry)
    live = await office.grant_all(await office.opened(SEED))
    again = await office.opened(registration("seed", version="1.1.0", summary="Greets you, and nothing else"))
    assert (again["id"], again["state"]) == (live["id"], "live")
    [entry] = (await registry.ask("/api/catalog", "ana"))["servers"]
    assert entry["summary"] == "Greets you, and nothing else"


async def test_a_wider_wish_is_reviewed_anew_and_the_old_policy_stays_until_then(registry: Registry) -> None:
    office = Office(registry)
    await office.grant_all(await office.opened(SEED))
    wider = registration("seed", proposes=SEED.manifest.proposes.model_copy(update={"surfaces": ("cli", "web-chat")}))
    review = await office.opened(wider)
    assert (review["state"], review["why"]) == ("open", "changed")
    before = await in_force(registry, "seed")
    assert before is not None
    assert before.reach.surfaces == ("cli",)
    await office.grant_all(review)
    after = await in_force(registry, "seed")
    assert after is not None
    assert (after.version, after.reach.surfaces) == (2, ("cli", "web-chat"))


async def test_a_newer_submission_takes_the_place_of_one_that_waits(registry: Registry) -> None:
    office = Office(registry)
    older = await office.opened(SEED)
    newer = await office.opened(registration("seed", owner="Security Review"))
    assert (await office.ask(f"/{older['id']}")).json()["state"] == "superseded"
    refused = await office.decide(older, "security")
    assert (refused.status_code, refused.json()["rule"]) == (409, "registry/review-open")
    assert newer["state"] == "open"


async def test_one_refusal_ends_it_and_nothing_is_in_force(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(SEED)
    assert (await office.decide(review, "legal", says="refuse")).json()["rule"] == "registry/review-reason"
    refused = (await office.decide(review, "legal", says="refuse", reason="The data is not ours to show.")).json()
    assert refused["state"] == "refused"
    assert (await office.decide(review, "security")).status_code == 409
    assert await in_force(registry, "seed") is None


async def test_not_applicable_needs_a_reason_and_is_never_said_of_security(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(SEED)
    silent = await office.decide(review, "genai", says="not_applicable")
    assert silent.json()["rule"] == "registry/review-reason"
    never = await office.decide(review, "security", says="not_applicable", reason="it is small")
    assert never.json()["rule"] == "registry/review-kind"
    (await office.decide(review, "genai", says="not_applicable", reason="no model reads it")).raise_for_status()
    await office.grant_all((await office.ask(f"/{review['id']}")).json())
    artefact = await in_force(registry, "seed")
    assert artefact is not None
    assert [each.kind for each in artefact.reviews] == ["security", "legal"]


@pytest.mark.parametrize(
    ("who", "rule"), [("lea", "registry/security-reviewer"), ("ana", "registry/security-reviewer")]
)
async def test_only_the_reviewer_of_a_kind_decides_on_it(registry: Registry, who: str, rule: str) -> None:
    office = Office(registry)
    refused = await office.decide(await office.opened(SEED), "security", who=who)
    assert (refused.status_code, refused.json()["rule"]) == (403, rule)


async def test_nobody_reviews_their_own_server(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(registration("seed", owner="Security Review"))
    refused = await office.decide(review, "security")
    assert (refused.status_code, refused.json()["rule"]) == (403, "registry/own-server")


async def test_only_owners_and_operators_hand_in(registry: Registry) -> None:
    refused = await Office(registry).hand_in(PRESTO, who="ana")
    assert (refused.status_code, refused.json()["rule"]) == (403, "registry/owner")
    assert "#ask-presto" in refused.json()["how_to_ask"]


async def test_who_is_suspended_neither_hands_in_nor_decides(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(SEED)
    for login in ("olu", "sam"):
        closed = Suspension(person=login, reason="left", by="gia", at=int(registry.parts.clock()))
        await registry.parts.suspending.suspend(closed, ["production"])
    for refused in (await office.hand_in(PRESTO), await office.decide(review, "security")):
        assert (refused.status_code, refused.json()["rule"]) == (403, "registry/suspended")


async def test_whom_it_does_not_concern_finds_no_review(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(PRESTO)
    assert (await office.ask(f"/{review['id']}", "ana")).status_code == 404
    assert (await office.ask("", "ana")).json() == []
    assert [each["id"] for each in (await office.ask("", "gia")).json()] == [review["id"]]


async def test_a_review_of_an_older_contract_counts_for_nothing(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(SEED)
    stale = review | {"contract_digest": "sha256:" + "0" * 64}
    refused = await office.decide(stale, "security")
    assert (refused.status_code, refused.json()["code"]) == (409, "contract_differs")


async def test_the_same_word_again_changes_nothing_and_another_is_too_late(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(SEED)
    first = (await office.decide(review, "security")).json()
    assert (await office.decide(review, "security")).json() == first
    late = await office.decide(review, "security", says="refuse", reason="I thought again")
    assert (late.status_code, late.json()["rule"]) == (409, "registry/review-open")


async def test_reviewers_at_once_bring_it_live_once(registry: Registry) -> None:
    office = Office(registry)
    review = await office.opened(SEED)
    twice = [office.decide(review, kind) for kind in ("security", "legal", "genai") for _ in range(3)]
    assert {answer.status_code for answer in await asyncio.gather(*twice)} == {200}
    artefact = await in_force(registry, "seed")
    assert artefact is not None
    assert artefact.version == 1


async def test_without_the_signer_it_stays_granted_and_goes_live_when_he_is_back(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(registry)
    review = await office.opened(SEED)
    with monkeypatch.context() as away:
        away.setattr(registry.parts.reviews.signing, "_socket", Path("/nowhere"))
        assert (await office.grant_all(review))["state"] == "granted"
        assert await in_force(registry, "seed") is None
    await registry.parts.reviews.finish()
    assert (await office.ask(f"/{review['id']}")).json()["state"] == "live"


async def test_a_registry_that_dies_between_signature_and_disk_goes_live_under_a_version_above(
    registry: Registry,
) -> None:
    office = Office(registry)
    review = await office.opened(SEED)
    lost = registry.signer.policy(SEED, version=1)  # what was signed and never arrived
    await registry.parts.reviews.signing.sign(PolicyArtefact.model_validate_json(lost.payload))
    live = await office.grant_all(review)
    assert (live["state"], live["policy_version"]) == ("live", 2)


async def test_a_step_that_fails_on_the_way_leaves_nothing_half_written(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(registry)
    review = await office.opened(SEED)

    async def full(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    with monkeypatch.context() as disk:
        disk.setattr(artefacts, "keep", full)
        for kind in ("security", "legal", "genai"):
            await office.decide(review, kind)
        assert (await registry.ask("/api/catalog", "ana"))["servers"] == []
    assert (await office.ask(f"/{review['id']}")).json()["state"] == "granted"
    await registry.parts.reviews.finish()
    assert (await office.ask(f"/{review['id']}")).json()["state"] == "live"


async def test_every_step_is_in_the_audit_log_and_people_are_told(registry: Registry) -> None:
    office = Office(registry)
    await office.grant_all(await office.opened(SEED))
    async with registry.parts.database.reading() as connection:
        said = [(line.act, line.actor, line.about) for line in await audit.lines(connection, after=0, most=50)]
        told = (await connection.execute(select(Notice.kind, Notice.audience, Notice.name, Notice.settled_at))).all()
    assert [line for line in said if line[0].startswith("review") or line[1] == "signer"] == [
        ("review.submitted", "olu", "seed"),
        ("review.granted", "sam", "seed"),
        ("review.granted", "lea", "seed"),
        ("review.granted", "gia", "seed"),
        ("review.live", "signer", "seed"),
    ]
    waiting = {name for kind, _, name, settled in told if kind == "review.waits" and settled is not None}
    assert waiting == {"security-reviewer", "legal-reviewer", "genai-reviewer"}
    assert [(kind, name) for kind, _, name, settled in told if settled is None] == [("review.decided", "platform")]


async def test_a_deprecated_server_names_its_successor_and_its_policy_ends_that_day(registry: Registry) -> None:
    office = Office(registry)
    for said in (SEED, PRESTO):
        await office.grant_all(await office.opened(said))
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)
    asked = {"successor": "presto", "ends": ends.isoformat(), "reason": "Presto greets too"}
    public, olu = registry.public, registry.issuer.headers("olu")
    (await public.post("/api/servers/seed/deprecation", json=asked, headers=olu)).raise_for_status()
    artefact = await in_force(registry, "seed")
    assert artefact is not None
    assert artefact.not_after == int(ends.timestamp())
    async with registry.parts.database.reading() as connection:
        known = await deprecations.all_of_them(connection)
    assert (known["seed"].successor, known["seed"].ends_at) == ("presto", ends.timestamp())
    for bad in ({"successor": "payroll"}, {"successor": "seed"}, {"ends": "2020-01-01T00:00:00Z"}):
        refused = await public.post("/api/servers/seed/deprecation", json=asked | bad, headers=olu)
        assert (refused.status_code, refused.json()["rule"]) == (400, "registry/deprecation")
    stranger = await public.post("/api/servers/seed/deprecation", json=asked, headers=registry.issuer.headers("ana"))
    assert stranger.status_code == 403
