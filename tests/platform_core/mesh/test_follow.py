"""A workload's identity is as fresh as its agent; it waits for an agent that is late, and outlives one that is gone."""

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from platform_core.mesh.svid import Svid
from platform_core.mesh.wire import FETCH_SVIDS, SERVICE
from tests.deploy.local.mesh.running import RunningAgent, new_agent, spiffe_id
from tests.platform_core.mesh.following import following, happens, ready

CHAT, BOT = spiffe_id("/production/web-chat"), spiffe_id("/production/chat-bot")


@pytest.fixture
def agent() -> Generator[RunningAgent]:
    with new_agent("/gateway", "/production/web-chat") as running:
        yield running


async def test_it_chooses_its_own_among_the_identities_of_the_account(agent: RunningAgent) -> None:
    async with following(agent.socket, CHAT) as chat:
        assert chat.current is None
        await ready(chat)
        assert chat.current
        assert chat.current.spiffe_id == CHAT


async def test_it_waits_for_an_agent_that_is_not_there_yet(agent: RunningAgent) -> None:
    agent.stop()
    async with following(agent.socket, CHAT) as chat:
        await asyncio.to_thread(agent.start)
        await ready(chat)


async def test_it_waits_until_it_is_entered_and_says_once_why(caplog: pytest.LogCaptureFixture) -> None:
    with new_agent() as agent:
        async with following(agent.socket, CHAT) as chat:
            await happens(lambda: "PERMISSION_DENIED: no identity issued" in caplog.text, "it says why it waits")
            agent.entries.enter((agent.account, "/production/web-chat"))
            await ready(chat)
    assert caplog.text.count("PERMISSION_DENIED") == 1


async def test_an_account_that_is_somebody_else_waits_for_its_own_entry(
    agent: RunningAgent, caplog: pytest.LogCaptureFixture
) -> None:
    async with following(agent.socket, BOT) as bot:
        await happens(lambda: "other identities, not this one" in caplog.text, "it says that it is not meant")
        assert bot.current is None
        agent.entries.enter((agent.account, "/production/chat-bot"))
        await ready(bot)


async def test_every_svid_is_told_long_before_the_last_one_ends() -> None:
    with new_agent("/production/web-chat", svid_seconds=4) as agent:
        async with following(agent.socket, CHAT) as chat:
            told: list[Svid] = []
            chat.on_change(told.append)
            await happens(lambda: len(told) == 3, "two renewals")
            assert all(svid.in_force for svid in told[1:])
            assert len({svid.chain[0].serial_number for svid in told}) == 3


async def test_the_last_one_stays_while_the_agent_is_gone_and_the_next_comes_when_it_is_back(
    agent: RunningAgent, caplog: pytest.LogCaptureFixture
) -> None:
    async with following(agent.socket, CHAT) as chat:
        await ready(chat)
        before = chat.current
        agent.stop(signal.SIGKILL)
        await happens(lambda: "the last identity stays" in caplog.text, "it notices")
        assert chat.current is before
        await asyncio.to_thread(agent.start)
        await happens(lambda: chat.current is not before, "the next one comes")
    assert caplog.text.count("the last identity stays: UNAVAILABLE") == 1, "said once, however often it was tried"


async def test_what_could_not_be_kept_is_asked_for_again(agent: RunningAgent) -> None:
    async with following(agent.socket, CHAT) as chat:
        tries: list[Svid] = []

        def full_disk_at_first(svid: Svid) -> None:
            tries.append(svid)
            if len(tries) == 1:
                raise OSError("No space left on device")

        chat.on_change(full_disk_at_first)
        await happens(lambda: len(tries) == 2, "it is offered again")


async def test_an_agent_that_speaks_nonsense_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with tempfile.TemporaryDirectory(prefix="sb-mesh-") as folder:
        socket = Path(folder) / "agent.sock"
        server = grpc.aio.server()
        stream: Any = grpc.unary_stream_rpc_method_handler
        calls = {FETCH_SVIDS: stream(_nonsense)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, calls),))
        server.add_insecure_port(f"unix:{socket}")
        await server.start()
        async with following(socket, CHAT) as chat:
            await happens(lambda: "no answer of the SPIFFE Workload API" in caplog.text, "it says so")
            assert chat.current is None
        await server.stop(grace=None)


async def _nonsense(_request: bytes, _context: object) -> AsyncIterator[bytes]:
    yield b"\xff\xff\xff"


def test_who_uses_no_mesh_loads_none_of_its_libraries() -> None:
    check = "import sys, platform_core, platform_core.server; assert not {'grpc', 'google.protobuf'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
