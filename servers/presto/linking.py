"""All rows of a query as CSV for its person's client, page by page: what an answer has no room for."""

from contextlib import suppress

from platform_core import Denied, Link, NotFound, Unavailable, the_call
from servers.presto.answers import Answer, csv_of
from servers.presto.memory.links import Given
from servers.presto.session import Session
from servers.presto.sql.reading import Reading, read_only

TEMPLATE = "presto://rows/{ticket}/{page}"
TOOL = "run_query"
"""Whose answer a link continues: who may not call it reads no link."""
_MANY = 6
"""Digits of a page number."""


async def linked(presto: Session, reading: Reading, answer: Answer) -> Answer:
    """Add a link to all rows, unless they are all there, or reading them again would need another yes."""
    if not answer.truncated or reading.plan_only:
        return answer
    if (await presto.estimate(reading)).above(presto.caps.ask_above_bytes):
        answer.note += " It can't be linked: to read it again would need another yes."
        return answer
    ticket = await presto.shared.links.give(presto.asker.person, the_call().in_force, reading.text)
    minutes = presto.caps.link_seconds / 60
    answer.link = Link(
        uri=TEMPLATE.format(ticket=ticket, page=1),
        name="all-rows.csv",
        description=f"All rows, run anew; /2, /3, ... until a page is not found. For {minutes:g} minutes.",
        mime_type="text/csv",
    )
    answer.note += " All rows are linked as CSV for the person's own client."
    return answer


async def page_of(presto: Session, ticket: str, page: str) -> str:
    """One page of a link as CSV with its header."""
    call = the_call()
    if not call.may(TOOL):
        raise Denied(f"This is for those who may call `{TOOL}` now.")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) <= _MANY else 0
    given = await presto.shared.links.of(presto.asker.person, call.in_force, ticket)
    if given is None or number == 0:
        raise NotFound(f"You have no such page: the link has ended, or its policy changed. Call `{TOOL}` again.")
    reading = read_only(given.statement)
    answer = await (_first if number == 1 else _next)(presto, reading, given, number)
    return _csv(answer, number)


async def _first(presto: Session, reading: Reading, given: Given, _: int) -> Answer:
    """The page that a slow query had not ready, or was lost on its way; else a query of its own, run as the person."""
    if given.query_id is not None:
        with suppress(NotFound):
            return await presto.next_linked(given.query_id, 1)
        with suppress(NotFound):
            await presto.cancel(given.query_id)
    if (await presto.estimate(reading)).above(presto.caps.ask_above_bytes):
        raise Denied(f"It would read more now than is read without a person's yes: call `{TOOL}` again.")
    answer = await presto.run_linked(reading)
    await presto.shared.links.reads_by(given.ticket, answer.query_id)
    return answer


async def _next(presto: Session, _: Reading, given: Given, number: int) -> Answer:
    if given.query_id is None:
        raise NotFound("Read page 1 first: it starts the query.")
    try:
        return await presto.next_linked(given.query_id, number)
    except NotFound as error:
        raise NotFound(f"Page {number} can't be read: pages come in their order, once. Start with page 1.") from error


def _csv(answer: Answer, number: int) -> str:
    if answer.status == "running" and not answer.rows:
        raise Unavailable("The query is still running: read the same page again.", retry_after=1)
    if number > 1 and not answer.rows:
        raise NotFound("The result ended before this page.")
    return csv_of(answer) + "\n"
