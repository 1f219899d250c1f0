"""The Workload API for one account: streams that answer at once and again at every change."""

import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import grpc
import grpc.aio

from deploy.local.mesh.agent import Agent
from platform_core.mesh.wire import FETCH_BUNDLES, FETCH_SVIDS, HEADER, SERVICE, IssuedSvid, write_bundles, write_svids

log = logging.getLogger(__name__)

Context = grpc.aio.ServicerContext[bytes, bytes]
Svids = tuple[IssuedSvid, ...]
Answer = Callable[[Svids], bytes]


class WorkloadApi:
    """Answers as an agent does to the account at the other end, and to it alone."""

    def __init__(self, agent: Agent, account: int) -> None:
        self._agent, self._account = agent, account

    def handlers(self) -> grpc.GenericRpcHandler:
        """The two calls about X.509; JWT-SVIDs are not implemented, and say so."""
        stream: Any = grpc.unary_stream_rpc_method_handler
        calls = {
            FETCH_SVIDS: stream(partial(self._follow, write_svids)),
            FETCH_BUNDLES: stream(partial(self._follow, self._bundles)),
        }
        return grpc.method_handlers_generic_handler(SERVICE, calls)

    def _bundles(self, _svids: Svids) -> bytes:
        return write_bundles({self._agent.trust_domain: self._agent.bundle})

    async def _follow(self, answer: Answer, _request: bytes, context: Context) -> AsyncIterator[bytes]:
        if HEADER not in [tuple(pair) for pair in context.invocation_metadata() or ()]:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "security header missing from request")
        said = None
        while True:
            news = self._agent.news  # taken first: what changes while we answer is not missed
            if not (svids := self._agent.svids_of(self._account)):
                log.info("account %d has no entry", self._account)
                await context.abort(grpc.StatusCode.PERMISSION_DENIED, "no identity issued")
            if (message := answer(svids)) != said:
                yield message
                said = message
            await news.wait()
