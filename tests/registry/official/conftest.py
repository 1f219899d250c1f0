from collections.abc import AsyncGenerator

import httpx2
import pytest
from fastapi import FastAPI

from registry.official.app import PATH, official_app
from tests.registry.official.shelf import Ide
from tests.registry.stage import BASE, PATIENCE, Registry


@pytest.fixture
async def ide(registry: Registry) -> AsyncGenerator[Ide]:
    """A client of the API over the registry's own database."""
    app = FastAPI(openapi_url=None)
    app.mount(PATH, official_app(registry.parts))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE, timeout=PATIENCE) as http:
        yield Ide(http)
