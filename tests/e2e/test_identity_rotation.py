"""Certificates of the mesh are renewed and their authority is replaced while surfaces call: no call is lost."""

import secrets
from collections.abc import Generator

import pytest

from deploy.local.mesh.authorities import Authorities
from platform_core.mesh.follow import SvidFollower
from tests.e2e.edge import Edge
from tests.e2e.governing import Desk
from tests.e2e.load import Load, load
from tests.e2e.mesh import TRUST_DOMAIN, surface, workload
from tests.e2e.remembered import Remembered
from tests.e2e.stack import PYTHON, Stack
from tests.e2e.waiting import awaited

pytestmark = pytest.mark.real
SHORT = {"SEEDBED_MESH_SVID_SECONDS": "4", "SEEDBED_MESH_SYNC_SECONDS": "0.2"}


@pytest.fixture(scope="module")
def hasty(stack: Stack) -> Generator[Stack]:
    """An agent whose SVIDs live four seconds, and a seed that the web chat may open."""
    desk = Desk(stack.home)
    desk.decide(surfaces=["cli", "web-chat"])
    stack.stop("mesh")
    stack.start("mesh", SHORT)
    yield stack
    stack.stop("mesh")
    stack.start("mesh")
    desk.decide()
    desk.close()


@pytest.fixture(scope="module")
def web_chat(hasty: Stack) -> Generator[Edge]:
    """The web chat under such an agent."""
    with surface(hasty.home, "seedbed-web-chat") as door:
        awaited(lambda: door.opens("ana", "seed"), "the web chat opens the seed")
        yield door


def all_went_well(remembered: Remembered, done: Load) -> None:
    """No call was refused or cut, each is remembered once, and whoever was not invited stayed out."""
    assert (done.refused, done.wrong) == ([], [])
    assert done.rightly_refused > 0
    answered = set(done.answered)
    awaited(lambda: answered <= set(remembered.words(done.mark)), "every answered call is recorded")
    words = remembered.words(done.mark)
    assert len(words) == len(set(words))


@pytest.mark.parametrize("anew", [False, True], ids=["one connection", "a new connection each"])
def test_svids_are_renewed_under_load(hasty: Stack, web_chat: Edge, remembered: Remembered, anew: bool) -> None:
    mark = secrets.token_hex(4)
    with workload(hasty.home, "/production/web-chat") as identity, load(web_chat, mark, anew=anew) as going:
        renewed(identity, 3)
        going.goes_on()
    all_went_well(remembered, going)


def renewed(identity: SvidFollower, times: int) -> None:
    """Return when so many new SVIDs have come."""
    seen: set[int] = set()

    def look() -> bool:
        if identity.current:
            seen.add(identity.current.chain[0].serial_number)
        return len(seen) > times

    awaited(look, f"{times} renewals")


def test_the_authority_is_replaced_under_load(hasty: Stack, web_chat: Edge, remembered: Remembered) -> None:
    authorities = Authorities(hasty.home.state / "mesh", TRUST_DOMAIN)
    before = authorities.now().signing
    with load(web_chat, secrets.token_hex(4), anew=True) as going:
        for word in ("publish", "rotate", "withdraw"):
            operator(hasty, word)
            everybody_has_heard(hasty)
            going.goes_on()
    all_went_well(remembered, going)
    assert authorities.now().signing != before
    assert len(authorities.now().authorities) == 1


def operator(stack: Stack, word: str) -> None:
    """What an operator types to turn the authorities."""
    where = {"STATE": stack.home.state / "mesh", "SOCKET": stack.home.workload_socket}
    settings = [f"SEEDBED_MESH_{name}={value}" for name, value in where.items()]
    stack.order("/usr/bin/env", *settings, PYTHON, "-m", "deploy.local.mesh", word)


def everybody_has_heard(stack: Stack) -> None:
    """Return when a workload that asks now has been renewed twice: whoever asked before has been told meanwhile."""
    with workload(stack.home, "/production/web-chat") as identity:
        renewed(identity, 2)
