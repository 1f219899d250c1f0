"""What a worker's thread does with a query."""

import duckdb

from deploy.local.coordinator.catalog.catalogs import Catalogs
from deploy.local.coordinator.engine import Engine
from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.pages import paged
from deploy.local.coordinator.query import Query
from deploy.local.coordinator.sql.faults import details
from deploy.local.coordinator.sql.plan import Asked, Plan
from deploy.local.coordinator.sql.planner import plan


def work(query: Query, engine: Engine, catalogs: Catalogs) -> None:
    """Plan and run it, and hand its pages over until they are done or unwanted."""
    if query.ended:
        return
    connection = engine.open(query.session)
    query.attach(connection)
    try:
        planned = plan(query.text, Asked(session=query.session, catalogs=catalogs, connection=connection))
        query.run(planned)
        if _delivered(query, planned):
            query.finish()
    except TrinoError as error:
        query.fail(error)
    except RecursionError:
        query.fail(TrinoError(ErrorCode.STACK_OVERFLOW, "statement is too large (stack overflow during analysis)"))
    except duckdb.InterruptException:
        query.cancel()
    except duckdb.Error as error:  # of a change: a query's errors are told in Trino's words where they arise
        query.fail(TrinoError(ErrorCode.GENERIC_USER_ERROR, details(error)["exception_message"].partition("\n")[0]))
    finally:
        query.detach()
        connection.close()


def _delivered(query: Query, planned: Plan) -> bool:
    if query.ended:
        return False
    if planned.counted:
        [[(written,)]] = planned.rows()
        query.update_count = written
        return query.deliver(b"[[%d]]" % written, 1)
    return all(query.deliver(page, rows) for page, rows in paged(planned))
