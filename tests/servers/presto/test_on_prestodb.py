"""The same promises on a real PrestoDB, which speaks other headers, estimates less and names its errors otherwise."""

import csv
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from platform_core import Invalid, NotFound
from servers.presto.asker import Asker
from servers.presto.engine.page import QueryFailed
from servers.presto.session import Session
from servers.presto.settings import PrestoSettings
from servers.presto.shared import Shared
from servers.presto.sql.reading import read_only
from tests.servers.presto.lab.install import NoTrino
from tests.servers.presto.lab.presto import running

pytestmark = [pytest.mark.anyio, pytest.mark.extra]
TPCH = sorted((Path(__file__).parents[2] / "deploy" / "local" / "coordinator" / "tpch").glob("*.sql"))


def _whole_names(sql: str) -> str:
    """The query with catalog and schema before the tables that it does not make up itself."""
    tree = sqlglot.parse_one(sql, dialect="presto")
    made_up = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if table.name not in made_up:
            table.replace(exp.table_(table.name, "tiny", "tpch", alias=table.alias or None))
    return tree.sql(dialect="presto")


@pytest.fixture(scope="module")
def presto_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    try:
        with running(tmp_path_factory.mktemp("presto")) as url:
            yield url
    except NoTrino as error:
        pytest.skip(str(error))


@pytest.fixture
async def ana(presto_url: str, tmp_path: Path) -> AsyncGenerator[Session]:
    shared = Shared.of(PrestoSettings.load(engine_url=presto_url, engine_kind="presto", state=tmp_path))
    yield Session(shared, Asker(person="ana"))
    await shared.close()


async def test_a_statement_runs_as_the_person_and_is_cut(ana: Session) -> None:
    answer = await ana.run(read_only("SELECT current_user AS who, name FROM tpch.tiny.nation"), 3)
    assert (len(answer.rows), answer.truncated) == (3, True)
    assert {row.partition(",")[0] for row in answer.rows} == {"ana"}


async def test_the_size_of_a_table_comes_from_its_statistics(ana: Session) -> None:
    estimate = await ana.estimate(read_only("SELECT * FROM tpch.sf1.orders"))
    assert estimate.rows == 1_500_000
    assert estimate.bytes is not None
    assert estimate.bytes > 1e8


async def test_a_missing_table_and_a_missing_column_are_told_apart_and_named(ana: Session) -> None:
    await ana.visible()
    with pytest.raises(NotFound, match=r"Did you mean tpch\.tiny\.nation"):
        await ana.run(read_only("SELECT * FROM tpch.tiny.natoin"), 1)
    with pytest.raises(Invalid, match=r"line 1, column 8.*Did you mean name"):
        await ana.run(read_only("SELECT nme FROM tpch.tiny.nation"), 1)


async def test_tables_are_found_and_described(ana: Session) -> None:
    assert "tpch.tiny.lineitem" in {table.full_name for table in (await ana.visible()).tables}
    described = await ana.describe("tpch.tiny.orders")
    assert described.estimated_rows == 15_000
    assert "orderdate" in {column.name for column in described.columns}


async def test_values_come_as_the_engine_writes_them(ana: Session) -> None:
    made = "DECIMAL '1.10', nan(), TIMESTAMP '2020-01-01 00:00:00.123', MAP(ARRAY[1], ARRAY['a']), CAST(NULL AS date)"
    [row] = csv.reader((await ana.run(read_only(f"SELECT {made}"), 1)).rows)
    assert row == ["1.10", "NaN", "2020-01-01 00:00:00.123", '{\n  "1" : "a"\n}', ""]


async def test_all_22_queries_of_tpch_pass_the_guard_and_run(ana: Session) -> None:
    assert len(TPCH) == 22
    for file in TPCH:
        answer = await ana.run(read_only(_whole_names(file.read_text("utf-8"))), 100)
        while answer.status == "running":  # on a machine that has much else to do
            answer = await ana.get(answer.query_id, None, 40)
        assert answer.columns, file.name


async def test_a_long_query_runs_on_and_is_cancelled_there(ana: Session) -> None:
    endless = "SELECT count(*) FROM tpch.sf1.lineitem a CROSS JOIN tpch.sf1.lineitem b"
    opened = await Session(ana.shared, ana.asker).shared.running.run(ana.asker, endless, 1, spent=60)
    assert opened.status == "running"
    await ana.cancel(opened.query_id)
    states = await ana.shared.cluster.rows(
        ana.asker,
        f"SELECT state FROM system.runtime.queries WHERE query_id = '{opened.query_id}'",  # noqa: S608
    )
    assert states == [["FAILED"]]


async def test_an_estimate_of_a_change_changes_nothing(ana: Session) -> None:
    with pytest.raises(QueryFailed):
        await ana.shared.cluster.rows(ana.asker, "SELECT * FROM memory.default.never")
    await ana.shared.cluster.rows(
        ana.asker, "CREATE TABLE memory.default.never AS SELECT 1 AS a", above="EXPLAIN (TYPE VALIDATE)"
    )
    with pytest.raises(QueryFailed):
        await ana.shared.cluster.rows(ana.asker, "SELECT * FROM memory.default.never")
