"""The endpoints of v0.1 that a registry which takes nothing in by this way has."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response

from platform_core.auth.principal import Principal
from registry.api.caller import who_calls
from registry.official.cursor import LONGEST_SEARCH, Asked, Cursor, moment
from registry.official.documents import Allowlist, Entry, Metadata, ServerList
from registry.official.reading import Reading
from registry.parts import PartsHere
from registry.refused import Refused

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
}


async def _for_any_page(response: Response) -> None:
    response.headers.update(CORS)


async def _reader(request: Request, parts: PartsHere) -> Principal | None:
    """Who is signed in. Nobody has to be, but a token that is shown must hold."""
    if "authorization" not in request.headers:
        return None
    return who_calls(request, parts)


async def _reading(request: Request) -> Reading:
    return cast("Reading", request.app.state.reading)


Reader = Annotated[Principal | None, Depends(_reader)]
Here = Annotated[Reading, Depends(_reading)]
Deleted = Annotated[bool, Query(description="Also what is no longer approved.")]

# Of what else somebody may write there is nothing: that is 404 and no fault of form.
Name = Annotated[str, Path(json_schema_extra={"pattern": "^[a-zA-Z0-9][a-zA-Z0-9._/-]*$"})]
Namespace = Annotated[str, Path(json_schema_extra={"pattern": "^[a-zA-Z0-9.-]+$"})]
Version = Annotated[str, Path(json_schema_extra={"pattern": "^[a-zA-Z0-9][a-zA-Z0-9.+_-]{0,254}$"})]

router = APIRouter(dependencies=[Depends(_for_any_page)])


@router.get("/servers", response_model=ServerList)
async def servers(
    reading: Here,
    reader: Reader,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
    search: Annotated[str, Query(max_length=LONGEST_SEARCH)] = "",
    updated_since: str = "",
    version: Annotated[str, Query(max_length=255)] = "",
    include_deleted: Deleted = False,
) -> Response:
    """The servers that are approved for production. A cursor brings its own filters."""
    if cursor:
        going_on = Cursor.read(cursor)
        asked, after = going_on.asked, (going_on.server, going_on.version)
    else:
        since = moment(updated_since) if updated_since else None
        asked = Asked(search=search, version=version, updated_since=since, include_deleted=include_deleted)
        after = ("", "")
    entries, more = await reading.page(asked, after, limit, reader)
    return _list(entries, str(more) if more else None)


@router.get("/servers/{name:path}/versions", response_model=ServerList)
async def versions(reading: Here, reader: Reader, name: Name, include_deleted: Deleted = False) -> Response:
    """Every approved version of one server, the newest first."""
    entries = await reading.of_server(name, Asked(include_deleted=include_deleted), reader)
    if not entries:
        raise _unknown(f"no server {name} is approved here")
    return _list(entries, None)


@router.get("/servers/{name:path}/versions/{version}", response_model=Entry)
async def one_version(
    reading: Here, reader: Reader, name: Name, version: Version, include_deleted: Deleted = False
) -> Response:
    """One version of one server, or its `latest`."""
    entries = await reading.of_server(name, Asked(version=version[:255], include_deleted=include_deleted), reader)
    if not entries:
        raise _unknown(f"no version {version} of a server {name} is approved here")
    return _json(entries[0])


@router.get("/servers/{rest:path}", include_in_schema=False)
async def no_such_address() -> None:
    """A server is asked for by its versions."""
    raise HTTPException(404, "ask for /v0.1/servers/{name}/versions or /v0.1/servers/{name}/versions/latest")


@router.get("/x/{namespace}/allowlist", response_model=Allowlist)
async def allowlist(reading: Here, namespace: Namespace) -> Response:
    """What is approved, as the `allowedMcpServers` of a `managed-settings.json`."""
    if namespace != reading.namespace.extensions:
        raise _unknown(f"the extensions of this registry stand below /v0.1/x/{reading.namespace.extensions}")
    return _json((await reading.allowlist()).model_dump_json())


@router.options("/x/{rest:path}", status_code=204)
@router.options("/servers", status_code=204)
@router.options("/servers/{rest:path}", status_code=204)
async def before_a_page_asks() -> None:
    """Browsers ask first whether they may."""


@router.post("/publish", status_code=501, include_in_schema=False)
@router.put("/servers/{name:path}/versions/{version}", status_code=501, include_in_schema=False)
@router.delete("/servers/{name:path}/versions/{version}", status_code=501, include_in_schema=False)
@router.patch("/servers/{name:path}/versions/{version}/status", status_code=501, include_in_schema=False)
@router.patch("/servers/{name:path}/status", status_code=501, include_in_schema=False)
async def not_this_way() -> None:
    """What a registry that takes servers in by this API would have here."""
    raise HTTPException(501, "servers come in by the pipeline and their reviews, not this way")


def _list(entries: list[str], more: str | None) -> Response:
    metadata = Metadata(count=len(entries), next_cursor=more).model_dump_json(exclude_none=True)
    return _json(f'{{"servers":[{",".join(entries)}],"metadata":{metadata}}}')


def _json(text: str) -> Response:
    return Response(text, media_type="application/json", headers=CORS)


def _unknown(detail: str) -> Refused:
    return Refused(code="not_found", rule="registry/unknown-server", detail=detail)
