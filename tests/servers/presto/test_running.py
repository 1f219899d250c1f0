"""A query that takes longer than a client waits: it runs on, its person asks for it, and nobody else can."""

import threading
from pathlib import Path
from stat import S_IMODE
from typing import Any

import anyio
import pytest

from platform_core import Denied, Invalid, NotFound
from servers.presto.sql.reading import read_only
from tests.servers.presto.opened import SessionAt
from tests.servers.presto.scripted import BOUND, Coordinator, Reply, coordinator
from tests.servers.presto.test_session import VALID, rows

pytestmark = pytest.mark.anyio

QUERY = read_only("SELECT n FROM t")
SOON: dict[str, Any] = {"handle_seconds": 0.2}
ENDED = Reply(fields={"nextUri": None})


async def until_seen(served: Coordinator, method: str, times: int) -> None:
    with anyio.fail_after(BOUND):
        await served.has_seen(method, times)


async def test_a_long_query_answers_with_its_id_and_runs_on(session_at: SessionAt) -> None:
    never = threading.Event()
    with coordinator(VALID, Reply(), Reply(after=never), *[Reply()] * 9) as served:
        answer = await session_at(served, **SOON).run(QUERY, 100)
        never.set()
        assert (answer.status, answer.query_id, answer.cursor, answer.rows) == ("running", "q1", 1, [])
        assert "get_query" in answer.note
        assert "DELETE" not in served.methods()


async def test_another_replica_gives_the_rows_and_then_says_that_there_are_no_more(session_at: SessionAt) -> None:
    late = threading.Event()
    with coordinator(VALID, Reply(), Reply(after=late), rows(1, 2), rows(3)) as served:
        opened = await session_at(served, **SOON).run(QUERY, 100)
        late.set()
        other = session_at(served)
        with anyio.fail_after(BOUND):
            while (answer := await other.get(opened.query_id, None, 0)).status == "running" and not answer.rows:
                pass
        rest = await other.get(opened.query_id, None, 0)
    assert [*answer.rows, *rest.rows] == ["1", "2", "3"]
    assert rest.status == "finished"


async def test_pages_follow_each_other_and_the_last_one_can_be_had_again(session_at: SessionAt) -> None:
    late = threading.Event()
    with coordinator(VALID, Reply(), Reply(after=late), rows(1, 2, 3, 4, 5)) as served:
        ana = session_at(served, **SOON)
        opened = await ana.run(QUERY, 2)
        late.set()
        pages = [await ana.get(opened.query_id, cursor, 5) for cursor in (1, 2, 2, 3)]
        assert [page.rows for page in pages] == [["1", "2"], ["3", "4"], ["3", "4"], ["5"]]
        assert [page.cursor for page in pages] == [2, 3, 3, None]
        with pytest.raises(NotFound, match="Page 1"):
            await ana.get(opened.query_id, 1, 0)


async def test_another_persons_query_is_no_query(session_at: SessionAt) -> None:
    never = threading.Event()
    with coordinator(VALID, Reply(), Reply(after=never), *[Reply()] * 9) as served:
        opened = await session_at(served, **SOON).run(QUERY, 2)
        seen = served.methods()
        for reach in (
            session_at(served, who="bo").get(opened.query_id, None, 0),
            session_at(served, who="bo").cancel("q1"),
        ):
            with pytest.raises(NotFound, match="no open query"):
                await reach
        assert served.methods()[: len(seen)] == seen
        assert "DELETE" not in served.methods()
        never.set()


async def test_the_address_of_a_result_never_leaves(session_at: SessionAt) -> None:
    never = threading.Event()
    with coordinator(VALID, Reply(), Reply(after=never), *[Reply()] * 9) as served:
        answer = await session_at(served, **SOON).run(QUERY, 2)
        never.set()
    assert "statement/executing" not in answer.model_dump_json() + "".join(answer.as_text())


async def test_what_is_remembered_is_for_this_account_alone(session_at: SessionAt, tmp_path: Path) -> None:
    with coordinator(VALID, rows(1)) as served:
        await session_at(served).run(QUERY, 2)
    assert S_IMODE((tmp_path / "presto.db").stat().st_mode) == 0o600


async def test_a_query_that_nobody_asks_about_is_cancelled_before_the_engine_forgets_it(session_at: SessionAt) -> None:
    never = threading.Event()
    with coordinator(VALID, Reply(), Reply(after=never), *[Reply()] * 99) as served:
        ana = session_at(served, handle_seconds=0.2, idle_seconds=1)
        opened = await ana.run(QUERY, 2)
        never.set()
        await until_seen(served, "DELETE", 1)
        with pytest.raises(NotFound):
            await ana.get(opened.query_id, None, 0)


async def test_an_open_query_is_kept_alive_meanwhile(session_at: SessionAt) -> None:
    never = threading.Event()
    with coordinator(VALID, Reply(), Reply(after=never), *[Reply()] * 99) as served:
        await session_at(served, handle_seconds=0.2, idle_seconds=5).run(QUERY, 2)
        never.set()
        await until_seen(served, "GET", 3)


async def test_a_query_is_cancelled_by_its_person_and_the_cost_is_told(session_at: SessionAt) -> None:
    late = threading.Event()
    with coordinator(VALID, Reply(), Reply(after=late), *[Reply()] * 9) as served:
        ana = session_at(served, **SOON)
        opened = await ana.run(QUERY, 2)
        late.set()
        ended = await ana.cancel(opened.query_id)
        assert served.methods().count("DELETE") == 1
        assert "cancelled" in ended.note
        with pytest.raises(NotFound):
            await ana.cancel(opened.query_id)


async def test_one_person_has_so_many_queries_at_once_and_no_more(session_at: SessionAt) -> None:
    never = threading.Event()
    with coordinator(VALID, Reply(), Reply(after=never), *[Reply()] * 9) as served:
        ana = session_at(served, most_queries=1, **SOON)
        await ana.run(QUERY, 2)
        never.set()
        with pytest.raises(Denied, match="1 of your queries"):
            await ana.run(read_only("EXPLAIN SELECT 1"), 2)


async def test_a_write_that_shows_late_is_cancelled_too(session_at: SessionAt) -> None:
    late = threading.Event()
    with coordinator(VALID, Reply(), Reply(after=late), rows(1, updateType="INSERT"), *[Reply()] * 9) as served:
        ana = session_at(served, **SOON)
        opened = await ana.run(QUERY, 2)
        late.set()
        with pytest.raises(Invalid, match="INSERT"):
            await ana.get(opened.query_id, None, 5)
        assert served.methods().count("DELETE") == 1
