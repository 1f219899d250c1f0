"""A registry with nothing behind its door for servers but approvals; started, killed and started again by its test."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import uvicorn
from fastapi import FastAPI

from registry.api import approval_steps
from registry.api.refusals import answer_refusals, as_json
from registry.approvals.bell import Bell
from registry.approvals.keeping import Keeping
from registry.store.database import open_database


def door_of(keeping: Keeping) -> FastAPI:
    """The registry's door for servers."""
    app = FastAPI(openapi_url=None)
    app.state.parts = SimpleNamespace(approvals=keeping, clock=keeping.clock)
    app.include_router(approval_steps.router)
    answer_refusals(app, as_json)
    return app


async def serve(folder: Path) -> None:
    async with open_database(folder / "registry.db") as database:
        app = door_of(Keeping(database=database, bell=Bell(), clock=time.time))
        await uvicorn.Server(uvicorn.Config(app, uds=str(folder / "door.sock"), log_level="error")).serve()


def run(folder: Path) -> None:
    """Serve until it is killed."""
    asyncio.run(serve(folder))
