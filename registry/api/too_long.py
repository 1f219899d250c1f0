"""A request that is too long is refused as everything else is: before it is read, or where it gets too long."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TooLong:
    """Stands before an application, and counts what it reads."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        announced, read = int(said[:19]) if said.isdecimal() else 0, 0

        async def counted() -> Message:
            nonlocal read
            self._must_fit(announced)
            message = await receive()
            read += len(message.get("body", b""))
            self._must_fit(read)
            return message

        await self._app(scope, counted, send)

    def _must_fit(self, length: int) -> None:
        if length > self._most:
            raise HTTPException(413, f"a request holds at most {self._most:,} bytes here; send less")
