"""A refused client learns whom to sign in with, without signing in."""

from tests.registry.stage import Registry

WELL_KNOWN = "/.well-known/oauth-protected-resource"


async def test_each_server_names_its_own_address_and_the_one_issuer(registry: Registry) -> None:
    await registry.make_live("presto")
    answer = await registry.public.get(f"{WELL_KNOWN}/mcp/presto")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json() == {
        "resource": "http://127.0.0.1:7301/mcp/presto",
        "authorization_servers": [registry.issuer.url],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["mcp"],
        "resource_name": "Presto",
    }


async def test_the_platform_as_a_whole_is_a_resource_too(registry: Registry) -> None:
    assert (await registry.public.get(WELL_KNOWN)).json()["resource"] == "http://127.0.0.1:7301"
    assert (await registry.public.get(f"{WELL_KNOWN}/api")).json()["resource"] == "http://127.0.0.1:7301/api"


async def test_an_unregistered_server_has_no_metadata(registry: Registry) -> None:
    answer = await registry.public.get(f"{WELL_KNOWN}/mcp/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_server")
