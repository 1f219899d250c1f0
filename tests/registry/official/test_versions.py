"""One server by its name: its versions, which is the latest, what became of each."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_core.policy.suspend import Suspension
from tests.registry.official.shelf import Ide, approve, official, put_in_force, said
from tests.registry.stage import TOOLS, Registry

PRESTO = "/servers/internal.seedbed%2Fpresto/versions"


@pytest.mark.parametrize("name", ["internal.seedbed%2Fpresto", "internal.seedbed/presto", "internal.seedbed%2fpresto"])
async def test_a_name_is_read_encoded_and_plain(registry: Registry, ide: Ide, name: str) -> None:
    await approve(registry, "presto", "1.0.0+build")
    assert await ide.names(f"/servers/{name}/versions") == ["presto@1.0.0+build"]
    for version in ("latest", "1.0.0%2Bbuild", "1.0.0+build"):
        entry = (await ide.get(f"/servers/{name}/versions/{version}")).json()
        assert entry["server"]["name"] == "internal.seedbed/presto"


@pytest.mark.parametrize(
    "path",
    [
        *("internal.seedbed%2Fnothing/versions", "internal.seedbed/nothing/versions/latest", "presto/versions"),
        *("com.example%2Fpresto/versions/latest", "internal.seedbed%2Fpresto/versions/2.0.0", "%2F/versions"),
        *("internal.seedbed%2F/versions", f"internal.seedbed%2Fpresto/versions/{'9' * 300}", "a%00b/versions"),
    ],
)
async def test_the_unknown_is_not_found_in_both_forms_of_an_error(registry: Registry, ide: Ide, path: str) -> None:
    await approve(registry, "presto")
    answer = await ide.get(f"/servers/{path}")
    said = answer.json()
    assert (answer.status_code, said["title"], said["status"], said["errors"]) == (404, "Not Found", 404, [])
    assert said["error"] == said["detail"] != ""


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (["1.0.0", "2.0.0", "1.9.0"], "2.0.0"),
        (["1.0.0", "1.0.0-rc.1"], "1.0.0"),
        (["2.0.0", "2026.11"], "2026.11"),
        (["2026.11", "1.0.0"], "1.0.0"),
    ],
)
async def test_exactly_one_version_is_the_latest(
    registry: Registry, ide: Ide, published: list[str], expected: str
) -> None:
    for number, version in enumerate(published):
        await approve(registry, "presto", version, policy=number + 1)
    entries = (await ide.listed(PRESTO))["servers"]
    assert [entry["server"]["version"] for entry in entries] == published[::-1]
    assert [entry["server"]["version"] for entry in entries if official(entry)["isLatest"]] == [expected]
    assert (await ide.get(f"{PRESTO}/latest")).json()["server"]["version"] == expected


async def test_only_the_version_that_runs_is_active(registry: Registry, ide: Ide) -> None:
    await approve(registry, "presto", "1.0.0")
    await approve(registry, "presto", "1.1.0", policy=2)
    assert await _states(ide) == {"1.1.0": "active", "1.0.0": "deprecated"}
    await put_in_force(registry, "presto", "1.0.0")
    assert await _states(ide) == {"1.1.0": "deprecated", "1.0.0": "active"}
    entry = (await ide.get(f"{PRESTO}/1.1.0")).json()
    assert official(entry)["statusMessage"] == "another version runs now"


async def test_a_version_said_again_in_other_words_is_the_same_version(registry: Registry, ide: Ide) -> None:
    await approve(registry, "presto", summary="Query tables")
    before = official((await ide.get(f"{PRESTO}/latest")).json())
    await put_in_force(registry, "presto", summary="Query every table")
    entry = (await ide.get(f"{PRESTO}/latest")).json()
    assert entry["server"]["description"] == "Query every table"
    assert official(entry)["publishedAt"] == before["publishedAt"]
    assert official(entry)["updatedAt"] > before["updatedAt"]
    assert await ide.names(PRESTO) == ["presto@1.0.0"]


async def _take_down(registry: Registry) -> None:
    (await registry.platform.delete("/api/servers/presto")).raise_for_status()


async def _suspend(registry: Registry) -> None:
    entry = Suspension(server="presto", reason="it leaks", by="olu", at=int(time.time()))
    await registry.parts.suspending.suspend(entry, ["production"])


async def _change_without_a_review(registry: Registry) -> None:
    wider = {**TOOLS["seed"], "drop": TOOLS["presto"]["run_query"]}
    await put_in_force(registry, "presto", "1.1.0", tools=wider)


async def _end_the_approval(registry: Registry) -> None:
    policy = registry.signer.policy(said("presto"), version=2, not_after=int(time.time()) + 1)
    (await registry.put(policy)).raise_for_status()


@pytest.mark.parametrize(
    ("close", "why"),
    [
        (_take_down, "taken down"),
        (_suspend, "suspended"),
        (_change_without_a_review, "changed since it was approved"),
        (_end_the_approval, "its approval has ended"),
    ],
)
async def test_what_is_closed_to_everybody_is_hidden_and_mirrors_learn_why(
    registry: Registry, ide: Ide, close: Any, why: str
) -> None:
    await approve(registry, "presto")
    before = official((await ide.get(f"{PRESTO}/latest")).json())
    await close(registry)
    while (await ide.get(f"{PRESTO}/latest")).status_code == 200:
        pass
    assert await ide.names() == []
    assert (await ide.get(PRESTO)).status_code == 404
    (entry,) = (await ide.listed(params={"updated_since": before["updatedAt"]}))["servers"]
    assert (official(entry)["status"], official(entry)["statusMessage"]) == ("deleted", why)
    for path in (PRESTO, f"{PRESTO}/latest", "/servers"):
        answer = await ide.get(path, params={"include_deleted": "true"})
        assert (answer.status_code, "it leaks" in answer.text) == (200, False)


async def _states(ide: Ide) -> dict[str, str]:
    entries = (await ide.listed(PRESTO))["servers"]
    return {entry["server"]["version"]: official(entry)["status"] for entry in entries}


async def test_what_is_to_be_used_no_more_says_until_when_and_what_takes_its_place(
    registry: Registry, ide: Ide
) -> None:
    await approve(registry, "presto", owner="Platform")
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)
    asked = {"ends": ends.isoformat(), "reason": "between ourselves: it is too dear"}
    for successor, said_so in (("seed", "it ends on"), ("seed", "use seed instead, it ends on")):
        if said_so.startswith("use"):
            await approve(registry, successor)
        else:
            await put_in_force(registry, successor)
        body, olu = asked | {"successor": successor}, registry.issuer.headers("olu")
        answer = await registry.public.post("/api/servers/presto/deprecation", json=body, headers=olu)
        answer.raise_for_status()
        entry = (await ide.get(f"{PRESTO}/latest")).json()
        assert (official(entry)["status"], official(entry)["isLatest"]) == ("deprecated", True)
        assert official(entry)["statusMessage"] == f"{said_so} {ends:%-d %b %Y}"
        assert "too dear" not in str(entry)
    assert "presto@1.0.0" in await ide.names(params={"updated_since": official(entry)["statusChangedAt"]})
