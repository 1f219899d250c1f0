"""Agents are told, in a version that can be named, to ask before anything sensitive or expensive."""

from registry.guidance import GUIDANCE
from tests.registry.pages.reading import read
from tests.registry.stage import Registry

DIGESTS = {1: "sha256:5fca4e2923d451a9a539e844ffa024134fbcbaf8b4c5d95902542b400bfef574"}
"""A changed word is a new version: surfaces are reviewed with one."""


def test_no_word_changes_without_a_new_version() -> None:
    assert DIGESTS[GUIDANCE.version] == GUIDANCE.digest


def test_it_asks_for_an_explicit_yes_before_what_is_sensitive_or_expensive() -> None:
    for risk in ("risk change", "risk cost", "class restricted"):
        [rule] = [rule for rule in GUIDANCE.rules if risk in rule.text]
        assert "explicit yes" in rule.text


async def test_people_read_it_on_a_page_and_programs_get_the_same_text(registry: Registry) -> None:
    told = (await registry.public.get("/api/guide")).json()
    assert told == {
        "version": GUIDANCE.version, "since": GUIDANCE.since, "digest": GUIDANCE.digest, "text": GUIDANCE.text,
    }  # fmt: skip
    shown = await read(registry, "ana", "/guide")
    for rule in GUIDANCE.rules:
        assert rule.title in shown
        assert f"{rule.title}. {rule.text}" in told["text"]
