"""The probe's way to servers: what one answers is read up to a length, and never unpacked."""

from collections.abc import AsyncIterator
from typing import cast

import httpx2

LONGEST = 32 * 1024 * 1024
"""Bytes of an answer: what the registry takes of a server when it is registered."""


class Capped(httpx2.AsyncHTTPTransport):
    """Breaks off an answer that is too long, or packed: nobody asked for that."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        answer = await super().handle_async_request(request)
        if answer.headers.get("content-encoding", "identity") != "identity":
            await answer.aclose()
            raise httpx2.ReadError("it answers compressed, which was not asked for")
        answer.stream = _Counted(cast("httpx2.AsyncByteStream", answer.stream))
        return answer


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            if (read := read + len(part)) > LONGEST:
                raise httpx2.ReadError(f"it answers with more than {LONGEST:,} bytes")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
