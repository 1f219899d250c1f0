"""The registry's stream of what is to be obeyed, opened from here and kept open; nothing connects to a follower."""

import asyncio
import json
import logging
import random
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2

SILENCE = 15.0
"""Seconds without a line from the registry (it beats every 5) after which the stream is opened anew."""
OPENED = {"kind": "opened"}
"""A line of our own: a stream has been opened, and a snapshot begins."""

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""It trusts nobody and is never used on a unix socket; a client without one reads the machine's certificates anew each
time, which holds up every call for tens of milliseconds."""

log = logging.getLogger(__name__)


async def lines(registry: Path, query: dict[str, str]) -> AsyncGenerator[Any]:
    """Yield every line for ever; after a break wait a little (0.2 to 5 s) and connect again."""
    pause = 0.2
    while True:
        try:
            async for line in _one_stream(registry, query):
                yield line
                pause = 0.2
        except (httpx2.HTTPError, OSError, ValueError, RecursionError) as error:
            log.warning("policies can't be followed, the last good ones stay: %s", error or type(error).__name__)
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # spreads reconnects, guards nothing
        pause = min(pause * 2, 5.0)


async def _one_stream(registry: Path, query: dict[str, str]) -> AsyncGenerator[Any]:
    transport = httpx2.AsyncHTTPTransport(uds=str(registry), verify=NO_TLS)
    timeout = httpx2.Timeout(5.0, read=SILENCE)
    async with (
        httpx2.AsyncClient(transport=transport, base_url="http://registry", timeout=timeout) as client,
        client.stream("GET", "/api/policies/stream", params=query) as answer,
    ):
        answer.raise_for_status()
        yield OPENED
        async for line in answer.aiter_lines():
            if line:
                yield json.loads(line)
