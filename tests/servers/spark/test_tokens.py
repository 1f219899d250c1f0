"""A person's token ends at the border: nothing of it, nor their name, reaches what Spark's data comes from."""

from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from platform_core.auth.jwks import JwksFollower
from platform_core.auth.tokens import Verifier
from platform_core.testing import Kept, desk_in
from servers.spark.server import server
from tests.platform_core.border import behind_its_border
from tests.platform_core.issuer import AUDIENCE, ISSUER, key_set, rsa_key, token
from tests.platform_core.open_shop import TLS
from tests.platform_core.serving import PATIENCE
from tests.platform_core.serving import serving as in_here
from tests.platform_core.visits import Era
from tests.servers.spark.api import OOM, history, serving

pytestmark = pytest.mark.anyio
OWN_LOGIN = "the-servers-own"
CALLS: tuple[tuple[str, dict[str, str]], ...] = (
    ("find_applications", {}),
    ("diagnose_application", {"app_id": OOM}),
    ("get_details", {"app_id": OOM, "what": "timeline"}),
    ("get_logs", {"app_id": OOM, "source": "executor", "executor_id": "7"}),
    ("find_incidents", {"app_id": OOM}),
)


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_no_request_behind_the_server_carries_the_persons_token(
    era: Era, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer, secret = token("ana"), state.parent / "token"
    secret.write_text(OWN_LOGIN)
    keys = JwksFollower("http://nowhere.test/jwks")
    keys.set.replace(key_set(rsa=rsa_key()))
    with serving(history() | {f"files/{OOM}/7/stderr": b"26/11/23 10:00:00 ERROR Executor: no\n"}) as api:
        for name, value in {
            "EVENT_LOGS": "none", "REST": api.url, "REST_TOKEN_FILE": str(secret),
            "LOGS": f"{api.url}/api/v1/files/{{app_id}}/{{executor}}/{{stream}}",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"SEEDBED_SPARK_{name}", value)
        endpoint = behind_its_border(
            server, "http://shop.test", verifier=Verifier(keys, issuer=ISSUER, audience=AUDIENCE), spool=Kept(),
            desk=desk_in(state.parent, server),
        )  # fmt: skip
        with in_here(endpoint, state.parent / "spark.sock", lifespan="on") as base:
            headers = {"authorization": f"Bearer {bearer}", "x-forwarded-user": "ana"}
            transport = httpx2.AsyncHTTPTransport(uds=str(state.parent / "spark.sock"), verify=TLS)
            async with (
                httpx2.AsyncClient(transport=transport, headers=headers, timeout=PATIENCE) as http,
                Client(streamable_http_client(f"{base}/mcp", http_client=http), mode=era) as spark,
            ):
                for tool, arguments in CALLS:
                    answer = await spark.call_tool(tool, arguments)
                    assert not answer.is_error, answer
    asked = str(api.asked)
    assert {one["path"].rpartition("/")[2] for one in api.asked} == {"applications", "logs", "stderr"}
    assert {one["Authorization"] for one in api.asked if "applications" in one["path"]} == {f"Bearer {OWN_LOGIN}"}
    assert not [part for part in (*bearer.split("."), "ana") if part in asked]
