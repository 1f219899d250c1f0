"""Over TLS, by password or JWT, on a real engine: the service opens the door, the person is who asks."""

import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from platform_core import Denied, Unavailable
from servers.presto.asker import Asker
from servers.presto.engine.page import QueryFailed
from servers.presto.session import Session
from servers.presto.settings import PrestoSettings
from servers.presto.shared import Shared
from servers.presto.sql.reading import read_only
from tests.servers.presto.conftest import BOUND
from tests.servers.presto.lab.configuration import SERVICE
from tests.servers.presto.lab.trino import Trino

pytestmark = [pytest.mark.anyio, pytest.mark.real, pytest.mark.trino]


def login(trino: Trino, how: str) -> dict[str, Any]:
    if how == "password":
        return {"engine_service_password": trino.settings.password}
    claims = {"sub": SERVICE, "exp": int(time.time()) + 600}
    return {"engine_service_token": jwt.encode(claims, trino.settings.jwt_key, algorithm="HS256")}


def remembered(trino: Trino, query_id: str) -> dict[str, Any]:
    """The engine's own record of a query."""
    admin = {"X-Trino-User": "admin"}
    return requests.get(f"{trino.http}/v1/query/{query_id}", headers=admin, timeout=BOUND).json()


@asynccontextmanager
async def session(trino: Trino, folder: Path, person: str, **settings: Any) -> AsyncGenerator[Session]:
    own = {"engine_url": trino.https, "engine_ca": trino.authority, "engine_service_user": SERVICE, "state": folder}
    shared = Shared.of(PrestoSettings.load(**own | settings))
    try:
        yield Session(shared, Asker(person=person, request_id="req-1"))
    finally:
        await shared.close()


@pytest.mark.parametrize("how", ["password", "token"])
async def test_the_engine_runs_a_statement_as_the_person(trino: Trino, tmp_path: Path, how: str) -> None:
    async with session(trino, tmp_path, "ana", **login(trino, how)) as ana:
        answer = await ana.run(read_only("SELECT current_user"), 1)
    assert answer.rows == ["ana"]
    told = remembered(trino, answer.query_id)["session"]
    assert (told["user"], told["principal"], told["source"]) == ("ana", SERVICE, "seedbed-presto")
    assert told["clientTags"] == ["request=req-1"]
    assert str(next(iter(login(trino, how).values()))) not in json.dumps(told)


async def test_nobody_is_impersonated_whom_the_engine_does_not_allow(trino: Trino, tmp_path: Path) -> None:
    async with session(trino, tmp_path, "carl", **login(trino, "password")) as carl:
        with pytest.raises(Denied, match="cannot impersonate"):
            await carl.run(read_only("SELECT 1"), 1)


async def test_a_wrong_password_is_the_owners_matter(trino: Trino, tmp_path: Path) -> None:
    async with session(trino, tmp_path, "ana", **{"engine_service_password": "mistyped"}) as ana:
        with pytest.raises(Unavailable, match="refuses this server's own login") as caught:
            await ana.run(read_only("SELECT 1"), 1)
    assert "mistyped" not in str(caught.value)


async def test_an_engine_of_another_authority_is_not_believed(trino: Trino, tmp_path: Path) -> None:
    async with session(trino, tmp_path, "ana", **login(trino, "password"), engine_ca=None) as ana:
        with pytest.raises(Unavailable):
            await ana.run(read_only("SELECT 1"), 1)


async def test_masks_filters_and_closed_columns_of_the_person_hold(trino: Trino, tmp_path: Path) -> None:
    async with session(trino, tmp_path, "bo", **login(trino, "password")) as bo:
        answer = await bo.run(read_only("SELECT DISTINCT name, nationkey FROM tpch.tiny.customer"), 5)
        assert answer.rows == ["***,1"]
        described = await bo.describe("tpch.tiny.customer")
        assert "phone" not in {column.name for column in described.columns}
        with pytest.raises(Denied):
            await bo.run(read_only("SELECT count(*) FROM tpch.tiny.orders"), 1)
        assert "tpch.tiny.orders" not in {table.full_name for table in (await bo.visible()).tables}


async def test_the_estimate_is_the_persons_own(trino: Trino, tmp_path: Path) -> None:
    reading = read_only("SELECT name FROM tpch.tiny.customer")
    async with session(trino, tmp_path, "ana", **login(trino, "password")) as ana:
        all_of_it = await ana.estimate(reading)
    async with session(trino, tmp_path, "bo", **login(trino, "password")) as bo:
        filtered = await bo.estimate(reading)
    assert (all_of_it.rows, filtered.scans[0].filters) == (1500, ("nationkey",))


async def test_a_write_is_refused_by_the_engine_too_where_the_guard_is_not_asked(trino: Trino, tmp_path: Path) -> None:
    async with session(trino, tmp_path, "ana", **login(trino, "password")) as ana:
        with pytest.raises(QueryFailed, match="Access Denied"):
            await ana.shared.cluster.rows(ana.asker, "CREATE TABLE memory.default.guarded AS SELECT 1 AS a")


async def test_a_long_query_runs_on_is_read_by_another_replica_and_ends_when_nobody_asks(
    trino: Trino, tmp_path: Path
) -> None:
    sql = "SELECT count(*) FROM tpch.sf1.lineitem a JOIN tpch.sf1.lineitem b ON a.orderkey = b.orderkey"
    impatient = login(trino, "password") | {"handle_seconds": 0.5, "ask_above_bytes": 1 << 60}
    async with session(trino, tmp_path, "ana", **impatient) as ana:
        opened = await ana.run(read_only(sql), 10)
        assert opened.status == "running"
    async with session(trino, tmp_path, "ana", **impatient) as other:
        far = await other.get(opened.query_id, None, 2)
        assert far.status == "running" or far.rows
        ended = await other.cancel(opened.query_id)
    assert "cancelled" in ended.note
    told = remembered(trino, opened.query_id)
    assert told["state"] in ("FAILED", "FINISHED")


async def test_every_kind_of_value_comes_as_the_engine_wrote_it(trino: Trino, tmp_path: Path) -> None:
    sql = (
        "SELECT DECIMAL '12345678901234567890.12', nan(), TIMESTAMP '2020-01-01 00:00:00.123456789', "
        "DATE '-0001-01-01', X'00FF', ARRAY[1, NULL], MAP(ARRAY['a'], ARRAY[1]), NULL, DECIMAL '1.5'"
    )
    async with session(trino, tmp_path, "ana", **login(trino, "password")) as ana:
        [row] = (await ana.run(read_only(sql), 1)).rows
    assert row == (
        '12345678901234567890.12,NaN,2020-01-01 00:00:00.123456789,-0001-01-01,AP8=,"[1,null]","{""a"":1}",,1.5'
    )
