"""A small registry: a stream of signed policies and an intake of records, on a unix socket, up or down as told."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import SignedArtefact, sign
from platform_core.policy.suspend import Suspensions
from tests.platform_core.policies import KEY
from tests.platform_core.serving import PATIENCE, serving

END = ""
"""In a stream's queue: the registry goes down."""


def signed(policy: PolicyArtefact) -> SignedArtefact:
    """`policy` under the key that is pinned in tests."""
    return sign(policy, key="dev-1", private=KEY)


def policy_line(envelope: SignedArtefact, *, kind: str = "policy") -> str:
    """How the stream says a policy."""
    return json.dumps({"kind": kind, "signed": envelope.model_dump(mode="json")})


def suspensions_line(suspensions: Suspensions) -> str:
    """How the stream says what is suspended."""
    return policy_line(sign(suspensions, key="dev-1", private=KEY), kind="suspensions")


class Registry:
    """The registry's platform socket as far as a server needs it."""

    def __init__(self, folder: Path) -> None:
        self.socket, self.listening = folder / "registry.sock", False
        self._changed = threading.Condition()
        self._streams: list[tuple[asyncio.AbstractEventLoop, asyncio.Queue[str]]] = []
        self._up: ExitStack | None = None
        self.start_over()
        self._app = Starlette(
            routes=[
                Route("/api/policies/stream", self._follow),
                Route("/api/invocations", self._take, methods=["POST"]),
            ]
        )

    def start_over(self) -> None:
        """Forget everything, and be up if ever we were."""
        self.snapshot: list[tuple[str, str]] = []
        """Servers and the lines about them that a new follower gets before `current`."""
        self.asked: list[dict[str, str]] = []
        """The query of each stream that was opened."""
        self.batches: list[list[dict[str, Any]]] = []
        """What the intake was sent, in order; a batch that came twice is here twice."""
        self.answers: list[int] = []
        """Status of the next answers of the intake, taken from the front; then 200."""
        if self._up is not None:
            self.up()

    def up(self) -> None:
        """Start to listen."""
        self._up = self._up or ExitStack()
        if not self.listening:
            self._up.enter_context(serving(self._app, self.socket))
            self.listening = True

    def down(self) -> None:
        """End every stream and stop to listen."""
        self.say(END)
        if self._up is not None:
            self._up.close()
        self.listening = False

    def publish(self, *policies: PolicyArtefact | SignedArtefact) -> None:
        """Put policies in force: for who follows now and for who comes later."""
        for policy in policies:
            envelope = signed(policy) if isinstance(policy, PolicyArtefact) else policy
            line = policy_line(envelope)
            self.snapshot.append((json.loads(envelope.payload).get("server", ""), line))
            self.say(line)

    def withdraw(self, server: str) -> None:
        """Take every policy of `server` back."""
        self.snapshot = [(named, line) for named, line in self.snapshot if named != server]
        self.say(json.dumps({"kind": "withdrawn", "server": server}))

    def say(self, line: str) -> None:
        """Send one line to everybody who follows now."""
        with self._changed:
            for loop, queue in self._streams:
                loop.call_soon_threadsafe(queue.put_nowait, line)

    def wait_for(self, seen: Callable[["Registry"], bool]) -> None:
        """Return when `seen` holds."""
        with self._changed:
            assert self._changed.wait_for(lambda: seen(self), PATIENCE), "the registry waited in vain"

    @property
    def records(self) -> list[dict[str, Any]]:
        """Every entry that was taken, in order; one that came again counts once."""
        kept = {(e["record"]["id"], e.get("phase", "done")): e for batch in self.batches for e in batch}
        return list(kept.values())

    async def _follow(self, request: Request) -> Response:
        return StreamingResponse(self._lines(dict(request.query_params)), media_type="application/x-ndjson")

    async def _lines(self, query: dict[str, str]) -> AsyncGenerator[str]:
        mine = (asyncio.get_running_loop(), asyncio.Queue[str]())
        with self._changed:
            self.asked.append(query)
            self._streams.append(mine)
            known = [*(line for _, line in self.snapshot), '{"kind": "current"}']
            self._changed.notify_all()
        try:
            for line in known:
                yield line + "\n"
            while (line := await mine[1].get()) != END:
                yield line + "\n"
        finally:
            with self._changed:
                self._streams.remove(mine)

    async def _take(self, request: Request) -> Response:
        batch = await request.json()
        with self._changed:
            self.batches.append(batch)
            status = self.answers.pop(0) if self.answers else 200
            self._changed.notify_all()
        return JSONResponse({"taken": len(batch)}, status)


@contextmanager
def running_registry(folder: Path) -> Generator[Registry]:
    """A registry that is up while the block runs, unless the block takes it down."""
    registry = Registry(folder)
    registry.up()
    try:
        yield registry
    finally:
        registry.down()
