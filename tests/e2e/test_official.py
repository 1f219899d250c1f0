"""The catalogue that IDEs read, through the real proxy: names in both spellings, and more for whoever is signed in."""

import pytest

from platform_core.testing import PEOPLE
from tests.e2e.edge import Edge

GOVERNANCE = "internal.seedbed.registry/governance"
SPELLINGS = ("internal.seedbed%2Fpresto", "internal.seedbed%2fpresto", "internal.seedbed/presto")


def test_an_ide_finds_each_server_at_the_address_where_it_is(edge: Edge) -> None:
    entries = edge.ask("GET", "/v0.1/servers?limit=50&version=latest").body["servers"]
    found = {entry["server"]["name"]: entry["server"]["remotes"][0]["url"] for entry in entries}
    assert found["internal.seedbed/presto"] == f"{edge.base}/mcp/presto"
    assert all(GOVERNANCE not in entry["_meta"] for entry in entries)


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_server_is_found_by_its_name_however_it_is_written(edge: Edge, name: str) -> None:
    latest = edge.ask("GET", f"/v0.1/servers/{name}/versions/latest", ("origin", "https://ide.test"))
    assert (latest.status, latest.body["server"]["name"]) == (200, "internal.seedbed/presto")
    assert latest.headers["access-control-allow-origin"] == "*"
    version = latest.body["server"]["version"]
    assert edge.ask("GET", f"/v0.1/servers/{name}/versions/{version}").body == latest.body
    assert edge.ask("GET", f"/v0.1/servers/{name}/versions").body["servers"] == [latest.body]
    unknown = edge.ask("GET", f"/v0.1/servers/{name}x/versions/latest")
    assert (unknown.status, unknown.body["error"]) == (404, unknown.body["detail"])


@pytest.mark.parametrize("login", PEOPLE)
def test_whoever_is_signed_in_reads_what_they_may_and_it_is_so(edge: Edge, login: str) -> None:
    entries = edge.ask("GET", "/v0.1/servers", who=login).body["servers"]
    assert entries
    for entry in entries:
        server = entry["server"]["name"].rpartition("/")[2]
        assert entry["_meta"][GOVERNANCE]["you"]["allow"] is edge.opens(login, server)


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_token_that_does_not_hold_is_refused_and_says_why(edge: Edge, name: str) -> None:
    refused = edge.ask("GET", f"/v0.1/servers/{name}/versions", ("authorization", "Bearer x.y.z"))
    assert (refused.status, refused.body["code"]) == (401, "unauthenticated")
    assert refused.body["detail"].startswith("no valid token: ")
    assert refused.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/api/catalog%2Fx", "/servers/..%2fapi", "/v0.1/servers%2F", "/mcp/presto%2F"])
def test_an_encoded_slash_stands_nowhere_else(edge: Edge, path: str) -> None:
    assert edge.ask("GET", path, who="ana").status == 400
