"""The official registry as the judge of ours: the same servers in both, the same requests to both, the same answers."""

from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from tests.extra.oracle import NoOracle, official_registry
from tests.registry.folders import short_folder
from tests.registry.official.shelf import OFFICIAL, approve
from tests.registry.stage import Issuer, Signer, open_registry

pytestmark = pytest.mark.extra
BASE = "https://mcp.seedbed.internal"
VERSIONS = {"presto": ("1.0.0", "1.9.0", "1.10.0"), "seed": ("2.0.0", "2.1.0-rc.1"), "spark": ("1.0.0+build",)}
PRESTO = "/servers/internal.seedbed%2Fpresto"

SAME = [
    *("/servers", "/servers?limit=100", "/servers?search=PRES", "/servers?search=nobodys", "/servers?version=1.0.0"),
    *("/servers?version=latest", "/servers?version=3.0.0", "/servers?include_deleted=true"),
    *("/servers?updated_since=2020-01-01T00:00:00Z", "/servers?updated_since=2100-01-01T00:00:00Z"),
    *("/servers?search=seed&version=latest&limit=50", "/servers?unheard_of=1", f"{PRESTO}/versions"),
    *(f"{PRESTO}/versions/latest", f"{PRESTO}/versions/1.9.0", f"{PRESTO}/versions?include_deleted=true"),
    *("/servers/internal.seedbed%2Fspark/versions/1.0.0%2Bbuild", "/servers/internal.seedbed%2Fseed/versions/latest"),
]
"""What both answer with the same entries."""
REFUSED = [
    *("/servers?limit=0", "/servers?limit=101", "/servers?limit=many", "/servers?include_deleted=perhaps"),
    *("/servers?updated_since=yesterday", "/servers?updated_since=2026-11-01", f"{PRESTO}/versions/9.9.9"),
    *("/servers/internal.seedbed%2Fnothing/versions", "/servers/internal.seedbed%2Fnothing/versions/latest"),
    *("/servers/presto/versions", "/nowhere", PRESTO),
]
"""What both refuse in the same way."""
OURS = {
    f"{PRESTO.replace('%2F', '/')}/versions": (404, 200),
    "/servers?cursor=nonsense": (200, 400),
    f"/servers?search={'x' * 201}": (200, 422),
}
"""Where we differ and mean it: plain names are read too, and what can't be meant is refused."""


@dataclass(frozen=True)
class Both:
    """The two registries."""

    theirs: httpx2.Client
    ours: httpx2.AsyncClient

    async def get(self, path: str) -> tuple[httpx2.Response, httpx2.Response]:
        return self.theirs.get(f"/v0.1{path}"), await self.ours.get(f"/v0.1{path}")


@pytest.fixture(scope="module")
def theirs() -> Generator[str]:
    """The official registry with the documents that ours shows."""
    try:
        with official_registry([_document(*each) for each in _all()]) as base:
            yield base
    except NoOracle as error:
        pytest.skip(f"no official registry: {error}")


@pytest.fixture
async def both(theirs: str) -> AsyncGenerator[Both]:
    signer = Signer()
    with short_folder() as folder, Issuer().serving() as issuer, _client(theirs) as official:
        async with open_registry(Path(folder), issuer, signer, base=BASE) as registry:
            for name, versions in VERSIONS.items():
                for number, version in enumerate(versions):
                    await approve(registry, name, version, policy=number + 1, title=name, summary=f"Look at {name}")
            yield Both(official, registry.public)


def _client(base: str) -> httpx2.Client:
    return httpx2.Client(base_url=base, headers={"Origin": "https://ide.test"}, timeout=60, trust_env=False)


def _all() -> list[tuple[str, str]]:
    return [(name, version) for name, versions in VERSIONS.items() for version in versions]


def _document(name: str, version: str) -> dict[str, Any]:
    return {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": f"internal.seedbed/{name}",
        "title": name,
        "description": f"Look at {name}",
        "version": version,
        "websiteUrl": f"{BASE}/servers/{name}",
        "remotes": [{"type": "streamable-http", "url": f"{BASE}/mcp/{name}"}],
    }


def _entries(said: Any) -> dict[tuple[str, str], Any]:
    entries = said.get("servers", [said])
    return {(entry["server"]["name"], entry["server"]["version"]): entry for entry in entries}


def _shape(value: Any) -> Any:
    """Keys and types; of a list, those of its first item."""
    match value:
        case dict():
            said = cast("dict[str, Any]", value)
            return {key: _shape(said[key]) for key in sorted(said)}
        case list():
            return [_shape(each) for each in cast("list[Any]", value)[:1]]
        case _:
            return type(value).__name__


async def test_both_list_the_same_servers_in_the_same_form(both: Both) -> None:
    for path in SAME:
        theirs, ours = await both.get(path)
        assert (theirs.status_code, ours.status_code) == (200, 200), path
        official, own = theirs.json(), ours.json()
        assert _entries(own).keys() == _entries(official).keys(), path
        assert own.get("metadata") == official.get("metadata"), path
        for key, entry in _entries(official).items():
            mine = _entries(own)[key]
            assert mine["server"] == entry["server"], path
            assert mine["_meta"].keys() == entry["_meta"].keys() == {OFFICIAL}
            judged, said = entry["_meta"][OFFICIAL], mine["_meta"][OFFICIAL]
            assert said["isLatest"] == judged["isLatest"], (path, key)
            # What another version replaced is "deprecated" with us; theirs says so when its publisher does.
            assert _shape({k: v for k, v in said.items() if k != "statusMessage"}) == _shape(judged), path
        assert ours.headers["content-type"] == theirs.headers["content-type"]


async def test_both_refuse_the_same_in_the_same_form(both: Both) -> None:
    for path in REFUSED:
        theirs, ours = await both.get(path)
        official, own = theirs.json(), ours.json()
        assert ours.status_code == theirs.status_code >= 400, path
        assert {key: _shape(own[key]) for key in official if key != "errors"} == {
            key: _shape(value) for key, value in official.items() if key != "errors"
        }, path
        assert (own["title"], own["status"]) == (official["title"], official["status"]), path
        assert [each["location"] for each in own["errors"]] == [
            each["location"] for each in official.get("errors", [])
        ], path
        assert ours.headers["content-type"] == theirs.headers["content-type"]


async def test_pages_go_on_where_the_other_one_s_do(both: Both) -> None:
    path, pages = "/servers?limit=2", list[set[tuple[str, str]]]()
    for http in (both.theirs, both.ours):
        found, cursor = set[tuple[str, str]](), ""
        for _ in range(4):
            asked = f"/v0.1{path}&cursor={cursor}" if cursor else f"/v0.1{path}"
            answer = http.get(asked) if isinstance(http, httpx2.Client) else await http.get(asked)
            found |= _entries(answer.json()).keys()
            cursor = answer.json()["metadata"].get("nextCursor", "")
            if not cursor:
                break
        pages.append(found)
    assert pages[0] == pages[1] == {(f"internal.seedbed/{name}", version) for name, version in _all()}


async def test_pages_from_anywhere_may_read_both(both: Both) -> None:
    for path in ("/servers", f"{PRESTO}/versions", "/servers?limit=0", f"{PRESTO}/versions/9.9.9"):
        theirs, ours = await both.get(path)
        for answer in (theirs, ours):
            assert answer.headers["access-control-allow-origin"] == "*"
    asks = {"Origin": "https://ide.test", "Access-Control-Request-Method": "GET"}
    answers = [
        both.theirs.options("/v0.1/servers", headers=asks),
        await both.ours.options("/v0.1/servers", headers=asks),
    ]
    assert [answer.status_code for answer in answers] == [204, 204]


async def test_where_the_two_differ_is_written_down(both: Both) -> None:
    for path, expected in OURS.items():
        theirs, ours = await both.get(path)
        assert (theirs.status_code, ours.status_code) == expected, path
