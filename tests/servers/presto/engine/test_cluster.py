"""The engine's side of the bargain: one person, one statement, nothing left behind."""

import re
import threading
from pathlib import Path

import anyio
import pytest

import servers.presto
from platform_core import Denied, Unavailable
from servers.presto.asker import Asker
from servers.presto.engine.cluster import ATTEMPTS, Cluster
from servers.presto.engine.page import QueryFailed
from tests.servers.presto.opened import ClusterAt
from tests.servers.presto.scripted import BOUND, Reply, coordinator

pytestmark = pytest.mark.anyio

ANA = Asker(person="ana", request_id="req-7", trace_id="a" * 32)
COLUMNS = [{"name": "n", "type": "bigint"}]


async def read(cluster: Cluster, asker: Asker = ANA, sql: str = "SELECT 1") -> list[list[object]]:
    async with cluster.statement(asker) as statement:
        rows = await statement.start(sql)
        while (page := await statement.more()) is not None:
            rows += page
        return rows


def test_no_other_module_speaks_http() -> None:
    modules = list(Path(servers.presto.__file__).parent.rglob("*.py"))
    speaking = {path.name for path in modules if re.search(r"(from|import) httpx2\b", path.read_text())}
    assert speaking == {"cluster.py", "connections.py"}


async def test_a_statement_runs_under_the_name_of_the_person_and_tells_its_call(cluster_at: ClusterAt) -> None:
    with coordinator(Reply(), Reply(fields={"columns": COLUMNS, "data": [[1]]})) as served:
        assert await read(cluster_at(served), sql="SELECT 'é'") == [[1]]
    post, get = served.seen
    assert (post.method, post.path, post.body) == ("POST", "/v1/statement", "SELECT 'é'")
    for request in (post, get):
        assert request.headers["X-Trino-User"] == "ana"
        assert request.headers["X-Trino-Source"] == "seedbed-presto"
        assert request.headers["X-Trino-Client-Tags"] == "request=req-7"
        assert request.headers["X-Trino-Trace-Token"] == "a" * 32
        assert request.headers["Authorization"] is None
        assert request.headers["X-Trino-Query-Data-Encoding"] is None


async def test_a_service_password_opens_the_engine_and_the_person_stays_the_user(cluster_at: ClusterAt) -> None:
    settings = {"engine_service_user": "svc", "engine_service_password": "secret"}
    with coordinator(Reply(), Reply()) as served:
        await read(cluster_at(served, **settings))
    assert {request.headers["Authorization"] for request in served.seen} == {"Basic c3ZjOnNlY3JldA=="}
    assert {request.headers["X-Trino-User"] for request in served.seen} == {"ana"}


async def test_ids_that_are_no_ids_are_left_out(cluster_at: ClusterAt) -> None:
    with coordinator(Reply()) as served:
        await read(cluster_at(served), Asker(person="ana", request_id="a,role=admin", trace_id="x\ny"))
    assert served.seen[0].headers["X-Trino-Client-Tags"] is None
    assert served.seen[0].headers["X-Trino-Trace-Token"] is None


@pytest.mark.parametrize("login", ["", " ana", "ana ", "ana\nbo", "anä", "a\tb"])
def test_a_login_that_a_header_would_change_is_nobody(login: str) -> None:
    with pytest.raises(Denied):
        Asker(person=login)


async def test_two_people_at_once_never_share_a_name(cluster_at: ClusterAt) -> None:
    with coordinator(*[Reply()] * 5) as served:
        cluster = cluster_at(served)
        async with cluster.statement(ANA) as ana, cluster.statement(Asker(person="bo")) as bo:
            await ana.start("ana")
            await bo.start("bo")
            await ana.more()
            await bo.more()
    posts = [request for request in served.seen if request.method == "POST"]
    assert {(request.body, request.headers["X-Trino-User"]) for request in posts} == {("ana", "ana"), ("bo", "bo")}
    for method in ("GET", "DELETE"):
        users = [request.headers["X-Trino-User"] for request in served.seen if request.method == method]
        assert users == (["ana", "bo"] if method == "GET" else ["bo", "ana"])


@pytest.mark.parametrize("trouble", [Reply(status=503), Reply(hang_up=True), Reply(status=200, raw=b"")])
async def test_a_statement_is_sent_once_whatever_happens(trouble: Reply, cluster_at: ClusterAt) -> None:
    with coordinator(trouble, Reply()) as served, pytest.raises(Unavailable) as caught:
        await read(cluster_at(served))
    assert served.methods() == ["POST"]
    assert caught.value.retryable
    assert caught.value.retry_after


async def test_a_page_is_asked_for_again_at_the_same_place(cluster_at: ClusterAt) -> None:
    script = [Reply(), Reply(status=503), Reply(hang_up=True), Reply(fields={"columns": COLUMNS, "data": [[1]]})]
    with coordinator(*script) as served:
        assert await read(cluster_at(served)) == [[1]]
    assert len({request.path for request in served.seen if request.method == "GET"}) == 1


async def test_an_engine_that_stays_away_is_given_up_and_told(cluster_at: ClusterAt) -> None:
    with coordinator(Reply(), *[Reply(status=502)] * (ATTEMPTS + 1)) as served, pytest.raises(Unavailable):
        await read(cluster_at(served))
    assert served.methods() == ["POST", *["GET"] * ATTEMPTS, "DELETE"]


async def test_no_cluster_at_all_is_unavailable(cluster_at: ClusterAt) -> None:
    with coordinator() as served:
        pass
    with pytest.raises(Unavailable, match="can't be reached"):
        await read(cluster_at(served))


async def test_the_next_page_is_asked_for_at_our_own_address_only(cluster_at: ClusterAt) -> None:
    elsewhere = {"nextUri": "https://inside.example:8443/v1/statement/executing/q1/slug/9?slug=x"}
    with coordinator(Reply(fields=elsewhere), Reply()) as served:
        await read(cluster_at(served))
    assert served.seen[1].path == "/v1/statement/executing/q1/slug/9?slug=x"


async def test_an_address_outside_the_protocol_is_not_followed(cluster_at: ClusterAt) -> None:
    foreign = {"nextUri": "http://169.254.169.254/latest/meta-data"}
    with coordinator(Reply(fields=foreign), Reply()) as served, pytest.raises(Unavailable):
        await read(cluster_at(served))
    assert served.methods() == ["POST"]


async def test_a_redirect_is_not_followed(cluster_at: ClusterAt) -> None:
    away = Reply(status=307, headers={"Location": "/elsewhere"})
    with coordinator(away, Reply()) as served, pytest.raises(Unavailable):
        await read(cluster_at(served))
    assert [request.path for request in served.seen] == ["/v1/statement"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(raw=b"<html>secret"),
        Reply(raw=b"[]"),
        Reply(raw=b'{"id": "secret"}'),
        Reply(status=401, raw=b"secret"),
        Reply(status=404, raw=b"secret"),
        Reply(status=500, raw=b"secret"),
        Reply(fields={"columns": COLUMNS, "data": {"encoding": "json", "segments": [{"uri": "secret"}]}}),
    ],
)
async def test_an_answer_that_is_none_is_not_passed_on(reply: Reply, cluster_at: ClusterAt) -> None:
    with coordinator(reply) as served, pytest.raises(Unavailable) as caught:
        await read(cluster_at(served))
    assert "secret" not in str(caught.value)
    assert caught.value.retry_after is None


async def test_a_failure_keeps_its_place_and_loses_its_stack(cluster_at: ClusterAt) -> None:
    error = {
        "message": "line 2:9: Column 'nme' cannot be resolved",
        "errorName": "COLUMN_NOT_FOUND",
        "errorType": "USER_ERROR",
        "errorLocation": {"lineNumber": 2, "columnNumber": 9},
        "failureInfo": {"type": "io.trino.spi.TrinoException", "stack": ["io.trino.Secret"]},
    }
    with coordinator(Reply(fields={"error": error})) as served:
        cluster = cluster_at(served)
        with pytest.raises(QueryFailed) as caught:
            async with cluster.statement(ANA) as statement:
                await statement.start("SELECT nme", above="EXPLAIN (TYPE VALIDATE)")
    assert served.seen[0].body == "EXPLAIN (TYPE VALIDATE)\nSELECT nme"
    assert (caught.value.message, caught.value.place) == ("Column 'nme' cannot be resolved", (1, 9))
    assert "Secret" not in repr(vars(caught.value))


async def test_who_leaves_early_cancels_at_the_engine(cluster_at: ClusterAt) -> None:
    with coordinator(Reply(), Reply(fields={"columns": COLUMNS, "data": [[1], [2]]}), Reply()) as served:
        async with cluster_at(served).statement(ANA) as statement:
            await statement.start("SELECT 1")
            assert await statement.more() == [[1], [2]]
    assert served.methods() == ["POST", "GET", "DELETE"]


async def test_who_is_cancelled_while_waiting_cancels_at_the_cluster_at_once(cluster_at: ClusterAt) -> None:
    never = threading.Event()
    with coordinator(Reply(), Reply(after=never), Reply()) as served:
        cluster = cluster_at(served)
        async with anyio.create_task_group() as group:
            group.start_soon(read, cluster)
            await served.has_seen("GET")
            group.cancel_scope.cancel()
        assert served.methods() == ["POST", "GET", "DELETE"]
        never.set()
    assert served.seen[-1].path == served.seen[1].path


async def test_a_waiting_statement_holds_up_nobody_else(cluster_at: ClusterAt) -> None:
    never = threading.Event()
    with coordinator(Reply(), Reply(after=never), Reply()) as stuck, coordinator(Reply(), Reply()) as quick:
        async with anyio.create_task_group() as group:
            group.start_soon(read, cluster_at(stuck))
            await stuck.has_seen("GET")
            with anyio.fail_after(BOUND):
                await read(cluster_at(quick))
            group.cancel_scope.cancel()
        never.set()


async def test_a_statement_that_has_ended_is_not_cancelled(cluster_at: ClusterAt) -> None:
    with coordinator(Reply(), Reply()) as served:
        await read(cluster_at(served))
    assert served.methods() == ["POST", "GET"]


async def test_values_come_as_the_engine_wrote_them(cluster_at: ClusterAt) -> None:
    row = [
        "12345678901234567890.12",
        "NaN",
        "2020-01-01 00:00:00.123456789",
        "-0001-01-01",
        None,
        {"a": [1]},
        9007199254740993,
    ]
    with coordinator(Reply(fields={"columns": COLUMNS, "data": [row]})) as served:
        assert await read(cluster_at(served)) == [row]
