"""SIGTERM is a polite request, whenever it comes: the process says that it leaves, ends its calls, and ends well."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from platform_core.hosting import bind, serve
from tests.platform_core.open_shop import OpenShop
from tests.platform_core.serving import PATIENCE


class Lives:
    """ASGI application with nothing but a life, and a word at each turn of it."""

    def __init__(self) -> None:
        self.begun, self.may_start, self.up, self.told = (asyncio.Event() for _ in range(4))
        self.turns: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        self.begun.set()
        await self.may_start.wait()
        await send({"type": "lifespan.startup.complete"})
        self.turns.append("up")
        self.up.set()
        await receive()
        self.turns.append("down")
        await send({"type": "lifespan.shutdown.complete"})

    def leave(self) -> None:
        self.turns.append("told")
        self.told.set()


async def test_a_signal_may_come_while_the_loop_sorts_its_timers(nook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under load a timer is compared at every moment; what a signal does there must not touch the timers."""
    app, signals = Lives(), [signal.SIGTERM]
    app.may_start.set()
    compared = asyncio.TimerHandle.__lt__

    def interrupted(left: asyncio.TimerHandle, right: asyncio.TimerHandle) -> bool:
        if signals and app.up.is_set():
            signal.raise_signal(signals.pop())
        return compared(left, right)

    monkeypatch.setattr(asyncio.TimerHandle, "__lt__", interrupted)
    crowd = [asyncio.create_task(asyncio.sleep(n / 100)) for n in range(20)]
    async with asyncio.timeout(PATIENCE):
        await serve(app, bind(nook / "server.sock"), peers=frozenset(), drain=0, leaving=app.leave)
        await asyncio.gather(*crowd)
    assert not signals
    assert app.turns == ["up", "told", "down"]


async def test_a_signal_during_the_start_is_obeyed_once_it_can_be(nook: Path) -> None:
    app = Lives()
    served = asyncio.create_task(serve(app, bind(nook / "server.sock"), peers=frozenset(), drain=0, leaving=app.leave))
    async with asyncio.timeout(PATIENCE):
        await app.begun.wait()
        signal.raise_signal(signal.SIGTERM)
        await app.told.wait()
        app.may_start.set()
        await served
    assert app.turns == ["told", "up", "down"]


async def test_who_is_told_to_leave_before_it_was_ready_never_says_that_it_is(nook: Path) -> None:
    endpoint, said = OpenShop(nook).endpoint, list[dict[str, Any]]()
    words = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, Any]:
        assert not endpoint.ready
        return {"type": next(words)}

    async def send(word: dict[str, Any]) -> None:
        said.append(word)

    endpoint.leave()
    await endpoint({"type": "lifespan"}, receive, send)
    assert [word["type"] for word in said] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
