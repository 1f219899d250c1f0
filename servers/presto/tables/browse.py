"""How tables are shown to somebody who looks for one."""

import difflib

from platform_core import NotFound, Untrusted
from platform_core.untrusted import cleaned
from servers.presto.answers import counted
from servers.presto.engine.failures import near
from servers.presto.memory.history import Used
from servers.presto.tables.facts import NOTHING, Facts
from servers.presto.tables.shown import Found, FoundSchema, FoundTable
from servers.presto.tables.table import Table, Visible

BEST = 15
"""Tables shown for words on one page."""
LISTED = 100
"""Tables or schemas shown for a place on one page."""
_COLUMNS_SHOWN = 12
_STATEMENT = 200
"""Characters of an earlier statement."""


def browse(visible: Visible, words: str, place: str, page: int, facts: Facts, used: Used) -> Found:
    """The best tables for `words`; without words what `place` holds, or which places there are."""
    inside = visible.within(place)
    if place and not inside.tables:
        known = difflib.get_close_matches(place.lower(), [*visible.schemas, *visible.catalogs], n=3)
        raise NotFound(f"You can see no tables in there.{near(known)} Leave `within` out to list what there is.")
    if words.strip():
        return _page(inside, _ranked(inside, words, facts, used), BEST, page, "found, best first", facts, used)
    if place and place.lower() not in visible.catalogs:
        return _page(inside, list(inside.tables), LISTED, page, "in there", facts, used)
    return _schemas(inside, page)


def _ranked(visible: Visible, words: str, facts: Facts, used: Used) -> list[Table]:
    """First by how many of the words a table answers to; then what people say and do counts for more than the text."""

    def rank(scored: tuple[tuple[int, int], Table]) -> tuple[object, ...]:
        (answered, points), table = scored
        name = table.full_name.lower()
        return answered, facts.get(name, NOTHING).rank, used.by.get(name, 0), points, -len(name)

    return [table for _, table in sorted(visible.matching(words), key=rank, reverse=True)]


def _page(
    visible: Visible, tables: list[Table], most: int, page: int, claim: str, facts: Facts, used: Used
) -> Found:  # fmt: skip
    first = (page - 1) * most
    shown = [_shown(table, facts, used) for table in tables[first : first + most]]
    more = page + 1 if len(tables) > first + most else None
    note = f"{counted(len(tables), 'table')} {claim}{_which(page, more)}.{_unread(visible)}"
    return Found(total=len(tables), tables=shown, next_page=more, note=note)


def _schemas(visible: Visible, page: int) -> Found:
    first = (page - 1) * LISTED
    schemas = list(visible.schemas.items())
    shown = [FoundSchema(name=name, tables=count) for name, count in schemas[first : first + LISTED]]
    more = page + 1 if len(schemas) > first + LISTED else None
    note = (
        f"{counted(len(schemas), 'schema')}; name one as `within` to list its tables{_which(page, more)}."
        f"{_unread(visible)}"
    )
    return Found(total=len(schemas), schemas=shown, next_page=more, note=note)


def _which(page: int, more: int | None) -> str:
    this = f"; page {page}" if page > 1 or more else ""
    return f"{this}, more on page {more}: other words or `within` find sooner" if more else this


def _shown(table: Table, facts: Facts, used: Used) -> FoundTable:
    names, key = table.columns.split(), table.full_name.lower()
    more = f" and {len(names) - _COLUMNS_SHOWN} more" if len(names) > _COLUMNS_SHOWN else ""
    return FoundTable(
        table=table.full_name,
        columns=" ".join(names[:_COLUMNS_SHOWN]) + more,
        comment=Untrusted(table.comment) if table.comment else None,
        facts=facts.get(key, NOTHING).words,
        used_by=used.by.get(key, 0),
        yours=[Untrusted(cleaned(" ".join(said.split()), _STATEMENT)) for said in used.mine.get(key, ())],
    )


def _unread(visible: Visible) -> str:
    return f" Not read, or in part: {', '.join(visible.unread)}." if visible.unread else ""
