"""Closing at once: by the registry, or offline while it is away; opening again takes a person at a browser."""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from platform_core.policy.follow import Follower
from platform_core.policy.keys import read_pinned_keys
from platform_core.policy.lease import LeaseClock
from platform_core.policy.sign import SignedArtefact, UntrustedArtefact, verify_suspensions
from platform_core.policy.suspend import Suspension, Suspensions
from platform_core.testing.people import ROLE_GROUPS
from tests.registry.stage import PATIENCE, Issuer, Registry, Signer, eventually, open_registry


def entry(**what: str) -> Suspension:
    return Suspension.model_validate({"reason": "leaks", "by": "olu", "at": int(time.time()), **what})


async def suspend(registry: Registry, login: str = "olu", **ask: str) -> httpx2.Response:
    headers = registry.issuer.headers(login)
    return await registry.public.post("/api/suspensions", json={"reason": "leaks", **ask}, headers=headers)


def lying(folder: Path, environment: str = "production") -> Suspensions:
    """What an offline command finds."""
    signed = SignedArtefact.model_validate_json((folder / "suspensions" / f"{environment}.json").read_bytes())
    return verify_suspensions(signed, read_pinned_keys(folder / "keys.json"))


async def rule(registry: Registry, login: str = "ana", **query: str) -> str:
    return (await registry.ask("/api/preflight", login, **({"server": "presto"} | query)))["rule"]


async def closed(registry: Registry, environment: Any = "production") -> tuple[Suspension, ...]:
    found = await registry.parts.suspending.in_force(environment)
    return found.entries if found else ()


async def test_a_suspended_server_is_closed_to_everybody_in_its_environment_from_the_next_question_on(
    registry: Registry,
) -> None:
    for environment in ("production", "dev"):
        await registry.make_live("presto", environment=environment)
    answer = await suspend(registry, server="presto")
    assert answer.json()["lifted_at"] == "http://127.0.0.1:7301/suspensions"
    assert await rule(registry) == "presto/suspended"
    assert await rule(registry, "olu", tool="find_tables") == "presto/suspended"
    assert await rule(registry, environment="dev") == "presto/gate"
    assert (await registry.ask("/api/catalog", "ana"))["servers"] == []
    assert "suspended: leaks" in (await registry.ask("/api/validate", "ana", server="presto"))["reason"]


async def test_a_suspended_tool_is_neither_listed_nor_callable(registry: Registry) -> None:
    await registry.make_live("presto")
    assert (await suspend(registry, server="presto", tool="run_query")).status_code == 200
    (server,) = (await registry.ask("/api/catalog", "ana"))["servers"]
    assert [tool["name"] for tool in server["tools"]] == ["find_tables", "describe_table"]
    assert await rule(registry, tool="run_query") == "presto/suspended"


async def test_a_suspended_person_is_out_everywhere_and_nobody_else_is(registry: Registry) -> None:
    for environment in ("production", "dev"):
        await registry.make_live("presto", environment=environment)
    assert (await suspend(registry, person="ana")).json()["environments"] == ["production", "dev"]
    assert await rule(registry) == await rule(registry, environment="dev") == "presto/suspended"
    assert await rule(registry, "olu") == "presto/gate"


async def test_only_an_operator_closes(registry: Registry) -> None:
    await registry.make_live("presto")
    for login in ("ana", "sam", "carl"):
        answer = await suspend(registry, login, server="presto")
        assert (answer.status_code, answer.json()["rule"]) == (403, "registry/operator")
    assert await rule(registry) == "presto/gate"


async def test_the_settings_say_whose_groups_are_operators(folder: Path, issuer: Issuer, signer: Signer) -> None:
    groups = {**ROLE_GROUPS, "operator": ("security-review",)}
    async with open_registry(folder, issuer, signer, role_groups=groups) as registry:
        await registry.make_live("presto")
        assert (await suspend(registry, "olu", server="presto")).status_code == 403
        assert (await suspend(registry, "sam", server="presto")).status_code == 200


async def test_an_operator_who_is_suspended_is_none(registry: Registry) -> None:
    await registry.make_live("presto")
    await suspend(registry, person="olu")
    assert (await suspend(registry, server="presto")).json()["rule"] == "registry/suspended"


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        ({"server": "nothing"}, 404),
        ({"server": "presto", "environment": "dev"}, 404),
        ({"server": "presto", "tool": "drop"}, 400),
        ({"tool": "run_query"}, 400),
        ({"server": "presto", "person": "ana"}, 400),
        ({}, 400),
        ({"server": "presto", "reason": ""}, 400),
    ],
    ids=str,
)
async def test_a_slip_of_the_pen_closes_nothing_and_is_said(
    registry: Registry, ask: dict[str, str], status: int
) -> None:
    await registry.make_live("presto")
    assert (await suspend(registry, **ask)).status_code == status
    assert await closed(registry) == ()


async def test_no_program_opens_again(registry: Registry) -> None:
    await registry.make_live("presto")
    await suspend(registry, server="presto")
    headers = registry.issuer.headers("olu")
    for method in ("DELETE", "PUT", "PATCH"):
        assert (await registry.public.request(method, "/api/suspensions", headers=headers)).status_code == 405
    assert (await suspend(registry, server="presto", reason="again")).status_code == 200
    assert [one.reason for one in await closed(registry)] == ["leaks"]


async def test_every_follower_hears_of_it_first_whole_and_then_at_once(served: Registry, folder: Path) -> None:
    await served.make_live("presto")
    await suspend(served, person="bo")
    followers = [follower(folder, name, server) for name, server in (("all", None), ("one", "seed"))]
    following = [asyncio.create_task(each.run()) for each in followers]
    try:
        await eventually(lambda: all(names(each) == ["bo"] for each in followers), "the list arrives")
        await suspend(served, server="presto")
        await eventually(lambda: all(names(each) == ["bo", "presto"] for each in followers), "the change arrives")
        await served.parts.suspending.lift(next(iter(await closed(served))), ["production"], by="olu")
        await eventually(lambda: all(names(each) == ["presto"] for each in followers), "the lifting arrives")
    finally:
        for task in following:
            task.cancel()


def follower(folder: Path, name: str, server: str | None) -> Follower:
    state = folder / name
    return Follower(
        registry=folder / "platform" / "registry.sock", environment="production", server=server, state=state,
        keys=read_pinned_keys(folder / "keys.json"), suspensions=folder / "nowhere",
        lease=LeaseClock(state / "lease", sensitive=3_600, whole=86_400),
    )  # fmt: skip


def names(follower: Follower) -> list[str | None]:
    current = follower.standing.suspensions
    return [one.person or one.server for one in current.entries] if current else []


async def test_offline_commands_find_the_newest_list(registry: Registry, folder: Path) -> None:
    await registry.make_live("presto")
    for ask in ({"server": "presto"}, {"person": "ana"}):
        await suspend(registry, **ask)
    assert [one.person or one.server for one in lying(folder).entries] == ["presto", "ana"]
    assert [one.person for one in lying(folder, "dev").entries] == ["ana"]


async def drop(folder: Path, signed: SignedArtefact, environment: str = "production") -> None:
    """Lay a list down as the offline command does: in one step."""
    target = folder / "suspensions" / f"{environment}.json"
    target.parent.mkdir(exist_ok=True)
    draft = target.with_name("draft")
    draft.write_text(signed.model_dump_json())
    draft.replace(target)


async def until_closed(registry: Registry, *names: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while [one.person or one.server for one in await closed(registry)] != list(names):
        assert time.monotonic() < deadline, await closed(registry)
        await asyncio.sleep(0.02)


async def test_what_was_signed_offline_is_taken_over_and_gone_on_from(
    registry: Registry, folder: Path, signer: Signer
) -> None:
    await registry.make_live("presto")
    await drop(folder, signer.suspensions(entry(server="presto"), version=3_000_000_000))
    await until_closed(registry, "presto")
    assert await rule(registry) == "presto/suspended"
    await suspend(registry, person="ana")
    assert lying(folder).version == 3_000_000_001
    assert len(lying(folder).entries) == 2


async def test_what_was_signed_while_the_registry_was_away_holds_when_it_is_back(
    folder: Path, issuer: Issuer, signer: Signer
) -> None:
    async with open_registry(folder, issuer, signer) as before:
        await before.make_live("presto")
        await suspend(before, person="bo")
    kept = lying(folder)
    await drop(folder, signer.suspensions(*kept.entries, entry(server="presto"), version=kept.version + 1))
    async with open_registry(folder, issuer, signer) as after:
        await until_closed(after, "bo", "presto")


async def test_two_lists_under_one_version_become_one_list_of_both(
    registry: Registry, folder: Path, signer: Signer
) -> None:
    await registry.make_live("presto")
    await suspend(registry, server="presto")
    await drop(folder, signer.suspensions(entry(person="bo"), version=lying(folder).version))
    await until_closed(registry, "presto", "bo")
    await eventually(lambda: len(lying(folder).entries) == 2, "the list of both lies in the folder")


async def test_an_offline_list_that_opens_something_opens_nothing(
    registry: Registry, folder: Path, signer: Signer
) -> None:
    await registry.make_live("presto")
    await suspend(registry, server="presto")
    await drop(folder, signer.suspensions(entry(person="bo"), version=4_000_000_000))
    await until_closed(registry, "presto", "bo")


@pytest.mark.parametrize("spoil", ["older", "foreign", "elsewhere", "truncated"])
async def test_a_list_that_may_not_be_obeyed_is_replaced_by_the_one_in_force(
    registry: Registry, folder: Path, signer: Signer, spoil: str
) -> None:
    await registry.make_live("presto")
    await suspend(registry, server="presto")
    bad = {
        "older": signer.suspensions(version=1),
        "foreign": Signer().suspensions(entry(person="bo"), version=4_000_000_000),
        "elsewhere": signer.suspensions(entry(person="bo"), version=4_000_000_000, environment="dev"),
        "truncated": signer.suspensions(version=4_000_000_000).model_copy(update={"payload": b"{}"}),
    }
    await drop(folder, bad[spoil])

    await eventually(lambda: readable(folder), "the list in force lies in the folder again")
    assert [one.server for one in await closed(registry)] == ["presto"]


async def test_without_its_signer_nothing_is_closed_and_the_caller_is_told(registry: Registry, folder: Path) -> None:
    await registry.make_live("presto")
    (folder / "signer" / "signer.sock").rename(folder / "signer" / "away.sock")
    answer = await suspend(registry, server="presto")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "the signer can't be reached, nothing was signed" in answer.json()["detail"]
    assert await rule(registry) == "presto/gate"
    (folder / "signer" / "away.sock").rename(folder / "signer" / "signer.sock")


async def test_a_new_key_signs_anew_what_the_old_one_closed(folder: Path, issuer: Issuer, signer: Signer) -> None:
    async with open_registry(folder, issuer, signer) as before:
        await before.make_live("presto")
        await suspend(before, server="presto")
    (folder / "ledger.json").unlink()
    new = Signer()
    async with open_registry(folder, issuer, new) as after:
        await eventually(lambda: readable(folder), "the list is signed by the new key")
        assert [one.server for one in await closed(after)] == ["presto"]


def readable(folder: Path) -> bool:
    with contextlib.suppress(UntrustedArtefact):
        return [one.server for one in lying(folder).entries] == ["presto"]
    return False
