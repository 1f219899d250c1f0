"""The proxy enforces the coarse part of the signed policy, and never opens what `decide` refuses."""

import random
import time
from typing import Any

import pytest

from platform_core.auth.clients import CLIENTS
from platform_core.auth.principal import Principal
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.decide import Target, decide
from platform_core.policy.expressible import inexpressible
from tests.gateway.artefacts import artefact
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage
from tests.gateway.wire import CURRENT, PREVIOUS, READING, Json, message


@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
@pytest.mark.parametrize("who", ["ana", "bo", "olu"])
def test_whoever_passes_the_gate_may_look(stage: Stage, who: str, era: str) -> None:
    for method in READING if era == CURRENT else ["initialize", "notifications/initialized", "tools/list"]:
        assert stage.say(message(method, era=era), who=who, era=era).status == 200, method


@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
def test_a_person_on_the_browse_list_calls_what_browses_and_nothing_else(stage: Stage, era: str) -> None:
    statuses = {tool: stage.call(tool, who="bo", era=era).status for tool in artefact().tools}
    assert statuses == {"find": 200, "secrets": 200, "query": 403, "drop": 403, "salaries": 403}


@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
def test_a_sensitive_tool_opens_only_to_those_its_own_policy_means(stage: Stage, era: str) -> None:
    for tool, allowed in {"drop": {"olu"}, "salaries": {"ana"}, "secrets": {"ana", "bo", "olu"}}.items():
        found = {who for who in ("ana", "bo", "olu", "carl") if stage.call(tool, who=who, era=era).status == 200}
        assert found == allowed, tool


def test_a_tool_that_is_not_sensitive_is_left_to_the_server(stage: Stage) -> None:
    # olu is no analyst; the server, the second lock, says so.
    assert stage.call("query", who="olu").status == 200


def test_a_tool_that_no_review_knows_is_refused(stage: Stage) -> None:
    assert stage.call("hidden").status == 403


def test_a_contractor_may_not_even_look(stage: Stage) -> None:
    assert {stage.say(message(method), who="carl").status for method in READING} == {403}


def test_a_server_that_is_open_to_everybody_is_open_to_contractors(stage: Stage) -> None:
    assert stage.call("greet", server="open", who="carl").status == 200


def test_the_probe_lists_everything_and_calls_nothing(stage: Stage) -> None:
    claims: Json = {"azp": "seedbed-probe", "employment": "service", "business_groups": ["finance"]}
    probe = stage.issuer.token("probe", **claims)
    assert {stage.say(message(method), token=probe).status for method in READING} == {200}
    assert {stage.call(tool, token=probe).status for tool in artefact().tools} == {403}
    assert stage.say(message("prompts/get", "explain"), token=probe).status == 403
    assert stage.say(message("resources/read", uri="seed://about"), token=probe).status == 403


def test_a_surface_that_was_not_reviewed_is_closed(stage: Stage) -> None:
    assert stage.call("find", token=stage.issuer.token(azp="seedbed-registry")).status == 403


def test_prompts_and_resources_are_judged_too(stage: Stage) -> None:
    assert stage.say(message("prompts/get", "explain"), who="ana").status == 200
    assert stage.say(message("prompts/get", "explain"), who="bo").status == 403
    assert stage.say(message("prompts/get", "hidden"), who="ana").status == 403
    assert stage.say(message("resources/read", uri="seed://about"), who="bo").status == 200
    assert stage.say(message("resources/read", uri="seed://about"), who="carl").status == 403


def test_the_proxy_says_of_sensitive_tools_exactly_what_decide_says(stage: Stage) -> None:
    chance = random.Random(20261123)  # noqa: S311  # chooses examples
    policy = policy_of_many_expressions(chance)
    stage.desk.put(policy)
    people = [facts(chance) for _ in range(25)]
    anybody = stage.issuer.token("known", **people[0], azp="seedbed-cli")
    eventually(lambda: stage.say(message("ping"), token=anybody, server="sampled").status != 404, "in force")
    disagreements: list[tuple[str, Json, bool]] = []
    verdicts = {True: 0, False: 0}
    for claims in people:
        client = chance.choice(["seedbed-cli", "seedbed-registry", "seedbed-probe"])
        token, who = stage.issuer.token("someone", **claims, azp=client), principal(client, claims)
        for tool in chance.sample(sorted(policy.tools), 12):
            allowed = decide(policy, who, Target("tools/call", tool), now=time.time()).allow
            verdicts[allowed] += 1
            if (stage.call(tool, token=token, server="sampled").status == 200) != allowed:
                disagreements.append((tool, claims, allowed))
    assert not disagreements
    assert min(verdicts.values()) > 20


NAMES = ["a", "b", 'Ads, "EU" ü', "with blank"]
LISTS = {"group": "groups", "business_group": "business_groups", "role": "roles"}


def policy_of_many_expressions(chance: random.Random) -> PolicyArtefact:
    """A server with forty sensitive tools, each under an expression of its own."""
    policies: Json = {"browse": {"employment": "employee"}}
    while len(policies) < 40:
        candidate = expression(chance, depth=4)
        whole = artefact(policies={**artefact().policies, "candidate": candidate})
        if inexpressible(whole) is None:
            policies[f"p{len(policies)}"] = candidate
    tools = {f"t-{name}": {"policy": name, "risk": "change", "data_class": "internal"} for name in policies}
    return artefact(
        server="sampled", policies=policies, tools=tools, prompts={}, resources={},
        reach={"surfaces": ["cli", "registry"]}, gate={"business_groups": ["a", "b"], "browse": ["with blank"]},
    )  # fmt: skip


def expression(chance: random.Random, depth: int) -> Json:
    words = [*LISTS, "employment", "surface", *(("any", "all", "all", "not") if depth else ())]
    word: str = chance.choice(words)
    match word:
        case "any" | "all":
            return {word: [expression(chance, depth - 1) for _ in range(chance.randint(1, 3))]}
        case "not":
            return {word: expression(chance, depth - 1)}
        case "employment":
            return {word: chance.sample(["employee", "contractor", "service"], chance.randint(1, 2))}
        case "surface":
            return {word: chance.sample(["cli", "registry", "probe", "chat"], chance.randint(1, 2))}
        case _:
            return {word: chance.sample(NAMES, chance.randint(1, 2))}


def facts(chance: random.Random) -> Json:
    lists = {claim: chance.sample(NAMES, chance.randint(0, 3)) for claim in LISTS.values()}
    return {**lists, "employment": chance.choice(["employee", "contractor", "service"])}


def principal(client: str, claims: Json) -> Principal:
    lists: Any = {claim: frozenset(claims[claim]) for claim in LISTS.values()}
    return Principal(
        subject="someone", employment=claims["employment"], client=client, surface=CLIENTS[client].surface,
        expires_at=time.time() + 600, **lists,
    )  # fmt: skip
