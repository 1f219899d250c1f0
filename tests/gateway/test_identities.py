"""The gateway's identity files, as Envoy lives by them: who is let in, and that nobody falls out when they change."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from cryptography import x509

from deploy.local.mesh.certificates import Pair, new_authority, new_svid
from gateway.identities import BUNDLES, CURRENT, SVIDS, Identities
from platform_core.mesh.follow import SvidFollower
from platform_core.mesh.tls import MeshContext
from tests.deploy.local.mesh.forge import forged, shown
from tests.deploy.local.mesh.running import TRUST_DOMAIN, RunningAgent, new_agent, spiffe_id
from tests.gateway.meshed import Meshed, meshed
from tests.gateway.programs import eventually
from tests.gateway.wire import PATIENCE

GATEWAY, CHAT = spiffe_id("/gateway"), spiffe_id("/production/web-chat")
FOREIGN = "spiffe://elsewhere.example/production/web-chat"


@pytest.fixture
def agent() -> Generator[RunningAgent]:
    with new_agent("/gateway", "/production/web-chat") as running:
        yield running


@pytest.fixture
async def proxy(agent: RunningAgent) -> AsyncGenerator[Meshed]:
    async with following(agent) as identities:
        await wait(identities)
        with meshed(folder_of(agent)) as proxy:
            yield proxy


def folder_of(agent: RunningAgent) -> Path:
    return agent.folder / "identities"


def identities_of(agent: RunningAgent) -> Identities:
    return Identities(socket=agent.socket, folder=folder_of(agent), trust_domain=TRUST_DOMAIN)


@asynccontextmanager
async def following(agent: RunningAgent) -> AsyncGenerator[Identities]:
    identities = identities_of(agent)
    async with running(identities):
        yield identities


@asynccontextmanager
async def running(part: Identities | SvidFollower) -> AsyncGenerator[None]:
    task = asyncio.create_task(part.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def wait(part: Identities | SvidFollower) -> None:
    await asyncio.wait_for(part.wait_ready(), PATIENCE)


async def happens(claim: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(eventually, claim, what)


async def caller_seen(proxy: Meshed, folder: Path, pair: Pair | None) -> str | None:
    """Whom the proxy sees, None where it lets nobody in."""
    try:
        return await asyncio.to_thread(proxy.caller_seen, shown(folder, pair))
    except httpx2.TransportError:
        return None


async def test_a_workload_of_the_domain_is_let_in_and_named(agent: RunningAgent, proxy: Meshed) -> None:
    pair = new_svid(agent.authorities.now().signing, CHAT, 60)
    assert await caller_seen(proxy, agent.folder, pair) == CHAT


async def test_a_forger_who_changes_nothing_is_let_in(agent: RunningAgent, proxy: Meshed) -> None:
    """So each stranger below is refused for the one thing that is changed."""
    assert await caller_seen(proxy, agent.folder, forged(agent.authorities.now().signing, CHAT)) == CHAT


STRANGERS: dict[str, Callable[[Pair, Pair], Pair | None]] = {
    "nothing to show": lambda ours, other: None,
    "another authority": lambda ours, other: new_svid(other, FOREIGN, 60),
    "another authority that claims our domain": lambda ours, other: new_svid(other, CHAT, 60),
    "our authority beyond its domain": lambda ours, other: new_svid(ours, FOREIGN, 60),
    "an SVID that has ended": lambda ours, other: forged(ours, CHAT, ends_in=-60),
    "a name that is no SPIFFE id": lambda ours, other: forged(ours, "https://seedbed.internal/production/web-chat"),
    "a host name alone": lambda ours, other: forged(ours, dns=("web-chat",)),
    "no name at all": lambda ours, other: forged(ours),
    "an authority in a leaf's place": lambda ours, other: forged(ours, CHAT, authority_too=True),
}


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_stranger_is_refused_at_the_handshake(agent: RunningAgent, proxy: Meshed, stranger: str) -> None:
    pair = STRANGERS[stranger](agent.authorities.now().signing, new_authority("elsewhere.example"))
    assert await caller_seen(proxy, agent.folder, pair) is None


async def test_the_keys_are_for_the_gateways_account_alone(agent: RunningAgent) -> None:
    async with following(agent) as identities:
        await wait(identities)
        found = list(folder_of(agent).rglob("*"))
    files = [path for path in found if path.is_file()]
    assert {path.name for path in files} == {"svid.pem", "key.pem", "map.json", "sds-svid.json", "sds-trust.json"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in [folder_of(agent), *found] if path.is_dir()} == {0o700}


async def test_a_gateway_that_the_agent_does_not_know_yet_waits() -> None:
    with new_agent() as agent:
        async with following(agent) as identities:
            assert not identities.ready
            agent.entries.enter((agent.account, "/gateway"))
            await wait(identities)
            assert identities.ready


async def test_the_last_identity_survives_agent_and_gateway(agent: RunningAgent) -> None:
    async with following(agent) as identities:
        await wait(identities)
        agent.stop(signal.SIGKILL)
        with meshed(folder_of(agent)) as proxy:
            before = await asyncio.to_thread(proxy.shown)
            async with following(agent) as again:
                assert again.ready, "from disk"
                await wait(again)
                assert await asyncio.to_thread(proxy.shown) == before
                agent.start()
                await happens(lambda: proxy.shown() != before, "the new agent's SVID is shown")


async def test_an_identity_of_another_domain_is_not_taken_from_disk(agent: RunningAgent) -> None:
    async with following(agent) as identities:
        await wait(identities)
    folder = folder_of(agent)
    assert Identities(socket=agent.socket, folder=folder, trust_domain=TRUST_DOMAIN).ready
    assert not Identities(socket=agent.socket, folder=folder, trust_domain="elsewhere.example").ready


async def test_only_the_version_in_use_and_the_one_before_are_kept() -> None:
    with new_agent("/gateway", svid_seconds=2) as agent:
        async with following(agent) as identities:
            await wait(identities)
            seen: set[str] = set()
            link = folder_of(agent) / SVIDS / CURRENT
            await happens(lambda: seen.add(str(link.readlink())) or len(seen) == 4, "it was renewed three times")
            assert len([path for path in link.parent.iterdir() if path.is_dir() and not path.is_symlink()]) <= 2
            assert (link / "key.pem").exists()


async def test_a_withdrawn_authority_opens_no_new_connection(agent: RunningAgent, proxy: Meshed) -> None:
    stolen = new_svid(agent.authorities.now().signing, CHAT, 600)
    agent.authorities.publish()
    await happens(lambda: believed(agent) == 2, "both are believed")
    agent.authorities.rotate()
    await happens(lambda: signed_by(proxy.shown(), agent), "the new one signs")
    assert await caller_seen(proxy, agent.folder, stolen) == CHAT, "until it is withdrawn"
    agent.authorities.withdraw()
    await happens(lambda: proxy.refuses(shown(agent.folder, stolen)), "the old one is believed no more")
    assert await caller_seen(proxy, agent.folder, new_svid(agent.authorities.now().signing, CHAT, 60)) == CHAT


def believed(agent: RunningAgent) -> int:
    return (folder_of(agent) / BUNDLES / "map.json").read_text().count("x5c")


def signed_by(certificate: x509.Certificate, agent: RunningAgent) -> bool:
    return certificate.issuer == agent.authorities.now().signing[0].subject


async def test_no_call_is_lost_while_svids_and_authorities_change() -> None:
    with new_agent("/gateway", "/production/web-chat", svid_seconds=6) as agent:
        chat = SvidFollower(socket=agent.socket, spiffe_id=CHAT)
        async with following(agent) as identities, running(chat):
            await wait(identities)
            await wait(chat)
            with meshed(folder_of(agent)) as proxy:
                async with calling(proxy, MeshContext(chat, peer=GATEWAY)) as callers:
                    await renewed(proxy)
                    agent.authorities.publish()
                    await happens(lambda: believed(agent) == 2 and heard(chat) == 2, "everybody believes both")
                    agent.authorities.rotate()
                    await happens(
                        lambda: signed_by(proxy.shown(), agent) and signs_for(chat, agent), "the new one signs"
                    )
                    agent.authorities.withdraw()
                    await happens(lambda: believed(agent) == 1 and heard(chat) == 1, "the old one is gone")
                    await renewed(proxy)
    assert callers.seen > 100
    assert callers.lost == []


async def renewed(proxy: Meshed) -> None:
    before = await asyncio.to_thread(proxy.shown)
    await happens(lambda: proxy.shown() != before, "the proxy shows its next SVID")


def heard(follower: SvidFollower) -> int:
    return len(follower.current.authorities) if follower.current else 0


def signs_for(follower: SvidFollower, agent: RunningAgent) -> bool:
    return follower.current is not None and signed_by(follower.current.chain[0], agent)


class Callers:
    """Calls without a pause, half of them on connections that stay, half on new ones."""

    def __init__(self, proxy: Meshed, context: MeshContext) -> None:
        self._proxy, self._context = proxy, context
        self.seen, self.lost, self.going = 0, list[str](), True

    async def stay(self) -> None:
        async with httpx2.AsyncClient(verify=self._context, timeout=PATIENCE, trust_env=False) as client:
            while self.going:
                await self._call(client)

    async def come_anew(self) -> None:
        while self.going:
            async with httpx2.AsyncClient(verify=self._context, timeout=PATIENCE, trust_env=False) as client:
                await self._call(client)

    async def _call(self, client: httpx2.AsyncClient) -> None:
        try:
            answer = await client.get(self._proxy.url)
        except httpx2.HTTPError as error:
            self.lost.append(repr(error))
            return
        self.seen += 1
        if answer.headers["x-caller"] != CHAT:
            self.lost.append(answer.headers["x-caller"])


@asynccontextmanager
async def calling(proxy: Meshed, context: MeshContext) -> AsyncGenerator[Callers]:
    callers = Callers(proxy, context)
    tasks = [asyncio.create_task(each()) for each in (callers.stay, callers.stay, callers.come_anew, callers.come_anew)]
    try:
        yield callers
    finally:
        callers.going = False
        await asyncio.gather(*tasks)
