"""What is forgotten with time, a few records in one step: nobody waits for it, however many there are."""

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from registry.store import references
from registry.store.retention_tables import Forgotten
from registry.store.tables import Invocation, InvocationBody

STEP = 500
"""Records in one step, and a batch more at most: those that came in together go together."""
ARGUMENTS = "arguments"


async def forget_arguments(connection: AsyncConnection, *, taken_before: float) -> int:
    """Take arguments, results and traces of crashes from the oldest records that have them; returns from how many."""
    begun = (await connection.execute(select(Forgotten.up_to).where(Forgotten.what == ARGUMENTS))).scalar() or 0.0
    here = (Invocation.taken_at > begun) & (Invocation.taken_at < taken_before)
    up_to = await _end_of_step(connection, here)
    if up_to is None:
        return 0
    step = (Invocation.taken_at > begun) & (Invocation.taken_at <= up_to)
    await connection.execute(delete(InvocationBody).where(InvocationBody.id.in_(select(Invocation.id).where(step))))
    emptied = await connection.execute(update(Invocation).where(step).values(arguments=None, stack=None))
    fresh = insert(Forgotten).values(what=ARGUMENTS, up_to=up_to)
    await connection.execute(fresh.on_conflict_do_update(index_elements=["what"], set_={"up_to": up_to}))
    return emptied.rowcount


async def forget_records(connection: AsyncConnection, *, taken_before: float) -> int:
    """Drop the oldest records; what was counted of them stays. Returns how many went."""
    up_to = await _end_of_step(connection, Invocation.taken_at < taken_before)
    if up_to is None:
        return 0
    gone = await connection.execute(delete(Invocation).where(Invocation.taken_at <= up_to).returning(Invocation.id))
    calls = list(gone.scalars())
    await connection.execute(delete(InvocationBody).where(InvocationBody.id.in_(calls)))
    await references.forget(connection, calls)
    return len(calls)


async def _end_of_step(connection: AsyncConnection, where: ColumnElement[bool]) -> float | None:
    oldest = select(Invocation.taken_at).where(where).order_by(Invocation.taken_at).limit(STEP).subquery()
    return (await connection.execute(select(func.max(oldest.c.taken_at)))).scalar()
