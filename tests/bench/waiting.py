"""An engine that takes no time: statements that say `endless` wait for ever, all others answer at once."""

import asyncio
import json
import sys
from itertools import count

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PLAN = json.dumps({"inputTableColumnInfos": []})
_numbers = count()


async def submit(request: Request) -> Response:
    """Take a statement; a plan is asked for by its first word."""
    text = (await request.body()).decode()
    endless = "endless" in text and not text.startswith("EXPLAIN")
    here = f"{str(request.base_url).rstrip('/')}/v1/statement/executing/q{next(_numbers)}"
    if endless:
        return JSONResponse(_page(next=f"{here}/endless/0"))
    return JSONResponse(_page(rows=[[PLAN if text.startswith("EXPLAIN") else "AFRICA"]]))


async def fetch(request: Request) -> Response:
    """Hold the question for a second, as engines do."""
    await asyncio.sleep(1)
    step = int(request.path_params["step"])
    return JSONResponse(_page(next=str(request.url).rpartition("/")[0] + f"/{step + 1}"))


async def cancel(_: Request) -> Response:
    return Response(status_code=204)


def _page(*, next: str | None = None, rows: list[list[str]] | None = None) -> dict[str, object]:
    stats = {"state": "RUNNING" if next else "FINISHED", "elapsedTimeMillis": 0}
    columns = [{"name": "n", "type": "varchar"}] if rows else None
    return {"id": "q1", "infoUri": "", "nextUri": next, "columns": columns, "data": rows, "stats": stats}


def main() -> None:
    """Serve on the port given."""
    paged = "/v1/statement/executing/{query}/{slug}/{step}"
    routes = [Route("/v1/statement", submit, methods=["POST"]), Route(paged, fetch, methods=["GET"])]
    app = Starlette(routes=[*routes, Route(paged, cancel, methods=["DELETE"])])
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)


if __name__ == "__main__":
    main()
