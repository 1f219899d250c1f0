"""The command and the real registry understand each other: nothing that either says is only believed by a stand-in."""

import asyncio
import io
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import jwt
import pytest

from registry.apps import public_app
from surfaces.cli import logins
from surfaces.cli.__main__ import main
from surfaces.cli.logins import Login
from tests.deploy.local.identity.running import free_port
from tests.registry.api.test_why import TRACE, refusal
from tests.registry.folders import short_folder
from tests.registry.records import entry
from tests.registry.stage import DEV, Issuer, Registry, Signer, open_registry, registration, serving
from tests.surfaces.cli.terminal import Said


class Proxy:
    """Says who calls, as the real one does, and hands the rest on."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        token = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
        if token:
            login = jwt.decode(token, options={"verify_signature": False})["sub"]
            scope["headers"] = [*scope["headers"], (b"x-forwarded-user", login.encode())]
        await self._app(scope, receive, send)


class Desk:
    """Somebody is logged in at a registry that runs; the command runs in this process, past its own start alone."""

    def __init__(self, registry: Registry, url: str) -> None:
        self.registry, self._url = registry, url

    async def seedbed(self, login: str, *words: str) -> Said:
        url, issuer = self._url, self.registry.issuer
        logins.write(
            Login(
                url=url, issuer=issuer.url, token_endpoint="", revocation_endpoint="", person=login, name="",
                access_token=issuer.token(login), expires_at=time.time() + 900, refresh_token="", ends_at=0,
            )
        )  # fmt: skip
        return await asyncio.to_thread(_typed, words)


def _typed(words: tuple[str, ...]) -> Said:
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["seedbed", *words])
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Said(code=code, out=out.getvalue(), err=err.getvalue())


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer().serving() as serving:
        yield serving


@pytest.fixture
async def desk(issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Desk]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    for name, value in {"SEEDBED_CLI_HOME": str(tmp_path), "SEEDBED_CLI_URL": url, "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    with short_folder() as folder:
        async with (
            open_registry(folder, issuer, Signer(), base=url) as registry,
            serving((Proxy(public_app(registry.parts)), port)),
        ):
            await registry.make_live("presto")
            yield Desk(registry, url)


async def test_what_is_closed_in_a_terminal_is_closed(desk: Desk) -> None:
    said = await desk.seedbed("olu", "suspend", "presto", "--reason", "leaks")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[1].endswith("/suspensions; no command can.")
    assert (await desk.registry.ask("/api/preflight", "ana", server="presto"))["rule"] == "presto/suspended"
    refused = await desk.seedbed("ana", "suspend", "presto", "--reason", "x")
    assert refused.code == 3
    assert "Rule: registry/operator" in refused.err


async def test_the_registry_that_cannot_sign_sends_to_the_emergency_key(desk: Desk) -> None:
    desk.registry.parts.settings.signer_socket_in(desk.registry.parts.platform).unlink()
    said = await desk.seedbed("olu", "suspend", "presto", "--reason", "leaks")
    assert said.code == 4
    assert "Nothing was closed. In a hurry: --offline --key FILE." in said.err


async def test_why_reads_what_the_registry_knows(desk: Desk) -> None:
    denied: dict[str, Any] = {"trace_id": TRACE, "outcome": "denied", "allowed": False, "rule": "presto/execute"}
    await desk.registry.platform.post("/api/refusals", json=[refusal(1)])
    await desk.registry.platform.post("/api/invocations", json=[entry(1, **denied)])
    lines = (await desk.seedbed("ana", "why", TRACE)).out.splitlines()
    assert "as ana: let through (rule proxy)" in lines[0]
    assert "as ana: refused, nothing ran (rule presto/execute); took 12 ms; to get it: ask Data Platform" in lines[1]
    assert "refused (403): presto is open to reviewed" in (await desk.seedbed("bo", "why", TRACE)).out


async def test_policies_are_shown_compared_and_asked(desk: Desk) -> None:
    wider = desk.registry.signer.policy(registration("presto"), version=2, gate={"business_groups": ["*"]})
    (await desk.registry.put(wider)).raise_for_status()
    assert "gate        everybody with an account" in (await desk.seedbed("sam", "policy", "show", "presto")).out
    said = (await desk.seedbed("sam", "policy", "diff", "presto")).out.splitlines()
    assert said[0] == "presto in production: version 1 to 2"
    assert said[1:3] == [
        "  open the server",
        "    + everybody, not in business group ads, data-platform, finance or support, from cli",
    ]
    asked = await desk.seedbed("sam", "policy", "simulate", "presto", "--tool", "run_query", "--as-groups", "platform")
    assert asked.out == "allowed: policy execute holds (rule presto/execute)\n"


async def test_experiments_are_listed_at_their_own_door(desk: Desk) -> None:
    await desk.registry.make_live("seed", environment="dev")
    assert f"{DEV}/mcp/seed" in (await desk.seedbed("ana", "tools", "--env", "dev")).out


async def test_the_audit_log_is_verified_and_its_export_too(desk: Desk, tmp_path: Path) -> None:
    export = tmp_path / "audit.jsonl"
    said = await desk.seedbed("tom", "audit", "verify", "--save", str(export))
    head = said.out.partition("Head   ")[2].split()[0]
    assert said.out.startswith(f"Whole: {head.partition(':')[0]} lines")
    assert (await desk.seedbed("tom", "audit", "verify", str(export), "--expect", head)).code == 0
    lines = export.read_text().splitlines()
    export.write_text("\n".join([lines[0].replace("pipeline", "somebody"), *lines[1:]]))
    said = await desk.seedbed("tom", "audit", "verify", str(export))
    assert (said.code, "First bad line 1: its words are not those that were written" in said.err) == (1, True)
    export.write_text("\n".join(lines[:-1]))
    assert (await desk.seedbed("tom", "audit", "verify", str(export))).code == 0
    said = await desk.seedbed("tom", "audit", "verify", str(export), "--expect", head)
    assert (said.code, "the log's end was cut" in said.err) == (1, True)


async def test_the_audit_log_is_read_by_auditors_alone(desk: Desk) -> None:
    said = await desk.seedbed("ana", "audit", "verify")
    assert (said.code, "auditor" in said.err) == (3, True)
