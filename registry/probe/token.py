"""The probe's own credentials."""

import asyncio
from collections.abc import AsyncGenerator

import httpx2
from pydantic import SecretStr

from registry.parts import Parts


class Token(httpx2.Auth):
    """The probe's own token, fetched when it is needed and again when it is refused; notes what each path answered."""

    def __init__(self, parts: Parts, client: str, secret: SecretStr) -> None:
        self.answered: dict[str, int] = {}
        self._provider, self._client, self._secret = parts.provider, client, secret
        self._token, self._turn = "", asyncio.Lock()

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        token = self._token or await self._fetch(stale="")
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = f"Bearer {await self._fetch(stale=token)}"
            response = yield request
        self.answered[request.url.path] = response.status_code

    async def _fetch(self, *, stale: str) -> str:
        async with self._turn:
            if self._token == stale:
                self._token = (await self._provider.program_token(self._client, self._secret)).access_token
            return self._token
