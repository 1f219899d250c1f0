"""How tables are shown to somebody who looks for one."""

import difflib

from platform_core import NotFound, Untrusted
from servers.presto.answers import Found, FoundSchema, FoundTable, counted
from servers.presto.engine.failures import near
from servers.presto.tables.table import Table, Visible

BEST = 15
"""Tables shown for words."""
LISTED = 100
"""Tables or schemas shown for a place."""
_COLUMNS_SHOWN = 12


def browse(visible: Visible, words: str, place: str) -> Found:
    """The best tables for `words`; without words what `place` holds, or which places there are."""
    inside = visible.within(place)
    if place and not inside.tables:
        known = difflib.get_close_matches(place.lower(), [*visible.schemas, *visible.catalogs], n=3)
        raise NotFound(f"You can see no tables in there.{near(known)} Leave `within` out to list what there is.")
    if words.strip():
        return _tables(inside, inside.matching(words), BEST, "found, best first", "use other words or `within`")
    if place and place.lower() not in visible.catalogs:
        return _tables(inside, list(inside.tables), LISTED, "in there", "search by words")
    return _schemas(inside)


def _tables(visible: Visible, tables: list[Table], most: int, claim: str, advice: str) -> Found:
    shown = [_shown(table) for table in tables[:most]]
    rest = f"; the first {most} are shown, {advice}" if len(tables) > most else ""
    note = f"{counted(len(tables), 'table')} {claim}{rest}.{_unread(visible)}"
    return Found(total=len(tables), tables=shown, note=note)


def _schemas(visible: Visible) -> Found:
    schemas = visible.schemas
    shown = [FoundSchema(name=name, tables=count) for name, count in list(schemas.items())[:LISTED]]
    rest = f"; the first {LISTED} are shown, search by words" if len(schemas) > LISTED else ""
    note = f"{counted(len(schemas), 'schema')}; name one as `within` to list its tables{rest}.{_unread(visible)}"
    return Found(total=len(schemas), schemas=shown, note=note)


def _shown(table: Table) -> FoundTable:
    names = table.columns.split()
    more = f" and {len(names) - _COLUMNS_SHOWN} more" if len(names) > _COLUMNS_SHOWN else ""
    comment = Untrusted(table.comment) if table.comment else None
    return FoundTable(table=table.full_name, columns=" ".join(names[:_COLUMNS_SHOWN]) + more, comment=comment)


def _unread(visible: Visible) -> str:
    return f" Not read, or in part: {', '.join(visible.unread)}." if visible.unread else ""
