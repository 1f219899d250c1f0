"""What the pipeline may tell the registry, and what it refuses to believe."""

import base64
import time
from typing import Any

import pytest

from platform_core.policy.sign import SignedArtefact
from platform_core.registration.contract import Registration
from tests.registry.stage import TOOLS, Registry, Signer, registration


async def test_a_registered_server_answers_with_the_digest_of_its_contract(registry: Registry) -> None:
    said = registration("presto")
    answer = await registry.register(said)
    assert answer.json() == {"server": "presto", "version": "1.0.0", "contract_digest": said.contract.digest}


async def test_saying_the_same_again_changes_nothing(registry: Registry) -> None:
    for version in ("1.0.0", "1.1.0", "1.0.0", "1.0.0"):
        await registry.register(registration("seed", version=version))
    async with registry.parts.database.reading() as connection:
        kept = await connection.exec_driver_sql("SELECT version FROM versions ORDER BY id")
        assert [row[0] for row in kept] == ["1.0.0", "1.1.0"]
        in_force = await registry.parts.standings.one(connection, "production", "seed")
    assert in_force is not None
    assert in_force.version == "1.0.0"


async def test_an_older_estimate_stays_beside_the_new_one(registry: Registry) -> None:
    said = registration("seed")
    await registry.register(said)
    tools = {"greet": said.manifest.tools["greet"].model_copy(update={"minutes": 9})}
    again = said.model_copy(update={"manifest": said.manifest.model_copy(update={"tools": tools})})
    await registry.register(again)
    async with registry.parts.database.reading() as connection:
        kept = await connection.exec_driver_sql("SELECT registration FROM versions ORDER BY id")
        minutes = [Registration.model_validate_json(row[0]).manifest.tools["greet"].minutes for row in kept]
    assert minutes == [4, 9]


async def test_manifest_and_contract_must_be_of_one_piece(registry: Registry) -> None:
    said = registration("presto")
    other = registration("presto", tools={"find_tables": TOOLS["presto"]["find_tables"]})
    mixed = said.model_copy(update={"contract": other.contract})
    answer = await registry.register(mixed)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert "run_query" in answer.json()["detail"]


async def test_a_server_is_registered_under_its_own_name_only(registry: Registry) -> None:
    body = registration("presto").model_dump(mode="json", by_alias=True)
    answer = await registry.platform.put("/api/servers/seed", json=body)
    assert answer.status_code == 400
    assert (await registry.platform.put("/api/servers/Pre%20sto", json=body)).status_code == 400


def tried(signer: Signer, said: Registration, **changed: Any) -> SignedArtefact:
    """The policy of an experiment."""
    return signer.policy(said, environment="dev", **changed)


async def test_a_signed_policy_comes_into_force_and_may_be_put_again(registry: Registry, signer: Signer) -> None:
    said = registration("presto")
    await registry.register(said, "dev")
    signed = tried(signer, said, version=3)
    for _ in range(2):
        answer = await registry.try_out(signed)
        assert (answer.status_code, answer.json()) == (200, {"server": "presto", "version": 3})


@pytest.mark.parametrize("version", [1, 2])
async def test_a_policy_that_is_not_newer_is_refused(registry: Registry, signer: Signer, version: int) -> None:
    said = registration("presto")
    await registry.register(said, "dev")
    await registry.try_out(tried(signer, said, version=2))
    answer = await registry.try_out(tried(signer, said, version=version, how_to_ask="ask somebody else"))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_newer")


async def test_a_policy_of_a_foreign_key_is_refused(registry: Registry) -> None:
    said = registration("presto")
    await registry.register(said, "dev")
    answer = await registry.try_out(tried(Signer(), said))
    assert (answer.status_code, answer.json()["code"]) == (400, "untrusted")
    unknown = tried(Signer(), said).model_copy(update={"key": "emergency"})
    assert (await registry.try_out(unknown)).json()["code"] == "untrusted"


async def test_a_tampered_policy_is_refused(registry: Registry, signer: Signer) -> None:
    said = registration("presto")
    await registry.register(said, "dev")
    signed = tried(signer, said)
    wider = signed.payload.replace(b'"finance"', b'"supports"')
    assert wider != signed.payload
    tampered = SignedArtefact(
        payload=base64.b64encode(wider), key=signed.key, signature=base64.b64encode(signed.signature)
    )
    assert (await registry.try_out(tampered)).json()["code"] == "untrusted"


async def test_an_expired_policy_is_refused(registry: Registry, signer: Signer) -> None:
    said = registration("presto")
    await registry.register(said, "dev")
    past = int(time.time()) - 10
    answer = await registry.try_out(tried(signer, said, issued_at=past - 10, not_after=past))
    assert (answer.status_code, answer.json()["rule"]) == (400, "registry/expired-policy")


async def test_a_policy_for_another_contract_is_refused(registry: Registry, signer: Signer) -> None:
    await registry.register(registration("presto"), "dev")
    wider = registration("presto", tools={**TOOLS["presto"], "drop_table": TOOLS["presto"]["run_query"]})
    answer = await registry.try_out(tried(signer, wider))
    assert (answer.status_code, answer.json()["code"]) == (409, "contract_differs")


async def test_a_policy_of_a_server_that_nobody_registered_is_refused(registry: Registry, signer: Signer) -> None:
    answer = await registry.try_out(tried(signer, registration("presto")))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_server")


async def test_a_withdrawn_server_takes_no_policy_and_comes_back_by_registering(
    registry: Registry, signer: Signer
) -> None:
    await registry.make_live("presto", environment="dev")
    assert (await registry.platform.delete("/api/servers/presto?environment=dev")).status_code == 204
    assert (await registry.try_out(tried(signer, registration("presto"), version=2))).status_code == 404
    assert (await registry.ask("/api/preflight", "ana", server="presto", environment="dev"))[
        "rule"
    ] == "presto/withdrawn"
    await registry.register(registration("presto"), "dev")
    assert (await registry.ask("/api/preflight", "ana", server="presto", environment="dev"))["allow"]


async def test_withdrawing_what_was_never_registered_says_so(registry: Registry) -> None:
    answer = await registry.platform.delete("/api/servers/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_server")


@pytest.mark.parametrize("body", ["", "{", "[]", '{"payload": "!", "key": "dev-test", "signature": ""}'])
async def test_a_body_that_is_no_policy_is_refused_and_the_registry_lives(registry: Registry, body: str) -> None:
    answer = await registry.platform.put("/api/policies", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "rule", "detail", "how_to_ask", "trace_id"}
    assert (await registry.platform.get("/health/ready")).status_code == 200


async def test_manifest_and_contract_must_judge_a_tool_alike(registry: Registry) -> None:
    said = registration("seed")
    facts = {"greet": said.manifest.tools["greet"].model_copy(update={"risk": "change"})}
    answer = await registry.register(
        said.model_copy(update={"manifest": said.manifest.model_copy(update={"tools": facts})})
    )
    assert answer.json()["detail"] == "manifest and contract judge the tool greet differently"


async def test_what_is_not_there_answers_in_the_one_shape(registry: Registry) -> None:
    missing = await registry.platform.get("/api/nothing")
    assert (missing.status_code, set(missing.json())) == (404, {"code", "rule", "detail", "how_to_ask", "trace_id"})


async def test_a_crash_tells_the_caller_nothing_but_where_to_look(served: Registry) -> None:
    await served.register(registration("presto"))
    async with served.parts.database.writing() as connection:
        await connection.exec_driver_sql("UPDATE versions SET registration = 'spoilt'")
    crashed = await served.platform.get("/metrics")
    assert (crashed.status_code, crashed.json()["code"]) == (500, "failed")
    assert crashed.json()["trace_id"]
    assert "spoilt" not in crashed.text
