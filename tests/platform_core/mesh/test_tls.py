"""TLS of a mesh client: it shows its SVID, knows its peer by SPIFFE id, and changes both without losing a call."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path

import httpx2
import pytest

from deploy.local.mesh.certificates import Pair, new_authority, new_svid
from platform_core.mesh.follow import SvidFollower
from platform_core.mesh.tls import MeshContext
from tests.deploy.local.mesh import forge
from tests.deploy.local.mesh.running import RunningAgent, new_agent, spiffe_id
from tests.platform_core.mesh.following import PATIENCE, answering, following, happens, ready

GATEWAY, CHAT = spiffe_id("/gateway"), spiffe_id("/production/web-chat")


@pytest.fixture(scope="module")
def agent() -> Generator[RunningAgent]:
    with new_agent("/production/web-chat") as running:
        yield running


@pytest.fixture
async def chat(agent: RunningAgent) -> AsyncGenerator[SvidFollower]:
    async with following(agent.socket, CHAT) as follower:
        await ready(follower)
        yield follower


def signer(agent: RunningAgent) -> Pair:
    return agent.authorities.now().signing


def server(agent: RunningAgent, folder: Path, pair: Pair | None = None) -> ssl.SSLContext:
    """A server of the mesh, the gateway unless it shows something else; it wants to see an SVID."""
    return forge.answering(folder, pair or new_svid(signer(agent), GATEWAY, 60), signer(agent)[0])


def client(context: ssl.SSLContext) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(verify=context, timeout=PATIENCE, trust_env=False)


async def test_a_call_passes_between_two_svids(agent: RunningAgent, chat: SvidFollower, tmp_path: Path) -> None:
    async with answering(server(agent, tmp_path)) as url, client(MeshContext(chat, peer=GATEWAY)) as caller:
        assert (await caller.get(url)).text == "ok"


async def test_a_blocking_client_is_served_alike(agent: RunningAgent, chat: SvidFollower, tmp_path: Path) -> None:
    def ask(url: str) -> str:
        with httpx2.Client(verify=MeshContext(chat, peer=GATEWAY), timeout=PATIENCE, trust_env=False) as caller:
            return caller.get(url).text

    async with answering(server(agent, tmp_path)) as url:
        assert await asyncio.to_thread(ask, url) == "ok"


async def test_a_forger_who_changes_nothing_is_believed(
    agent: RunningAgent, chat: SvidFollower, tmp_path: Path
) -> None:
    """So each impostor below is refused for the one thing that is changed."""
    shown = server(agent, tmp_path, forge.forged(signer(agent), GATEWAY))
    async with answering(shown) as url, client(MeshContext(chat, peer=GATEWAY)) as caller:
        assert (await caller.get(url)).text == "ok"


IMPOSTORS: dict[str, tuple[str, Callable[[Pair], Pair]]] = {
    "somebody else of the mesh": (f"{GATEWAY} was expected, {CHAT} is there", lambda ours: new_svid(ours, CHAT, 60)),
    "two names, one of them right": ("exactly one SPIFFE id", lambda ours: forge.forged(ours, GATEWAY, CHAT)),
    "a host name for a proof": ("exactly one SPIFFE id", lambda ours: forge.forged(ours, dns=("127.0.0.1",))),
    "an authority": ("verify failed|be no authority", lambda ours: forge.forged(ours, GATEWAY, authority_too=True)),
    "an SVID that has ended": ("certificate has expired", lambda ours: forge.forged(ours, GATEWAY, ends_in=-60)),
    "another authority's": ("verify failed", lambda ours: new_svid(new_authority("seedbed.internal"), GATEWAY, 60)),
}


@pytest.mark.parametrize("impostor", IMPOSTORS)
async def test_an_impostor_hears_nothing(
    agent: RunningAgent, chat: SvidFollower, tmp_path: Path, impostor: str
) -> None:
    words, pair = IMPOSTORS[impostor]
    shown = server(agent, tmp_path, pair(signer(agent)))
    async with answering(shown) as url, client(MeshContext(chat, peer=GATEWAY)) as caller:
        with pytest.raises(httpx2.ConnectError, match=words):
            await caller.get(url)


async def test_without_an_identity_no_connection_is_opened(agent: RunningAgent, tmp_path: Path) -> None:
    nobody = SvidFollower(socket=agent.socket, spiffe_id=CHAT)
    async with answering(server(agent, tmp_path)) as url, client(MeshContext(nobody, peer=GATEWAY)) as caller:
        with pytest.raises(httpx2.ConnectError, match=f"no SVID in force for {CHAT}"):
            await caller.get(url)


async def test_an_identity_that_ended_is_shown_to_nobody(tmp_path: Path) -> None:
    with new_agent("/production/web-chat", svid_seconds=2) as agent:
        async with following(agent.socket, CHAT) as chat:
            await ready(chat)
            agent.stop()
            await happens(lambda: chat.current and not chat.current.in_force, "it ends")
            async with answering(server(agent, tmp_path)) as url, client(MeshContext(chat, peer=GATEWAY)) as caller:
                with pytest.raises(httpx2.ConnectError, match="no SVID in force"):
                    await caller.get(url)


async def test_a_new_connection_shows_the_new_svid_and_an_open_one_goes_on(tmp_path: Path) -> None:
    with new_agent("/production/web-chat") as agent:
        async with following(agent.socket, CHAT) as chat:
            await ready(chat)
            context, before = MeshContext(chat, peer=GATEWAY), chat.current
            agent.authorities.publish()
            await happens(lambda: chat.current and len(chat.current.authorities) == 2, "both are believed")
            async with answering(server(agent, tmp_path)) as url, client(context) as kept:
                assert (await kept.get(url)).text == "ok"
                agent.authorities.rotate()
                await happens(lambda: chat.current and before and chat.current.key != before.key, "a new SVID")
                assert (await kept.get(url)).text == "ok"
                new = server(agent, tmp_path)  # believes the new authority alone
                async with answering(new) as url_of_new, client(context) as fresh:
                    assert (await fresh.get(url_of_new)).text == "ok"


async def test_a_withdrawn_authority_is_believed_on_no_new_connection(tmp_path: Path) -> None:
    with new_agent("/production/web-chat") as agent:
        async with following(agent.socket, CHAT) as chat:
            await ready(chat)
            context, stolen = MeshContext(chat, peer=GATEWAY), new_svid(signer(agent), GATEWAY, 60)
            agent.authorities.publish()
            agent.authorities.rotate()
            agent.authorities.withdraw()
            of_new = signer(agent)[0]
            await happens(lambda: chat.current and chat.current.authorities == (of_new,), "the old one is gone")
            async with answering(server(agent, tmp_path, stolen)) as url, client(context) as caller:
                with pytest.raises(httpx2.ConnectError, match="verify failed"):
                    await caller.get(url)
