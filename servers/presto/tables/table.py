"""The tables that one person may see, and finding the right one among them."""

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+")
_NAME_PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table or view by its full name; `columns` are its names in one line, which is small for a big catalogue."""

    catalog: str
    schema: str
    name: str
    columns: str = ""
    comment: str = ""

    @property
    def place(self) -> str:
        """Catalog and schema."""
        return f"{self.catalog}.{self.schema}"

    @property
    def full_name(self) -> str:
        return f"{self.place}.{self.name}"

    @property
    def quoted(self) -> str:
        """As it is written in a statement, whatever is in the name."""
        return ".".join(map(quoted, (self.catalog, self.schema, self.name)))


@dataclass(frozen=True, kw_only=True)
class Visible:
    """What one person may see."""

    tables: tuple[Table, ...]
    unread: tuple[str, ...] = ()
    """Catalogs that did not answer in time, or not whole."""

    @property
    def schemas(self) -> Counter[str]:
        """How many tables each schema holds."""
        return Counter(table.place for table in self.tables)

    @property
    def catalogs(self) -> set[str]:
        return {table.catalog for table in self.tables}

    def within(self, place: str) -> "Visible":
        """Only what is in this catalog, schema, or `catalog.schema`."""
        wanted = place.lower()
        kept = (t for t in self.tables if wanted in ("", t.catalog.lower(), t.schema.lower(), t.place.lower()))
        return Visible(tables=tuple(kept), unread=self.unread)

    def matching(self, words: str) -> list[tuple[tuple[int, int], Table]]:
        """The tables that answer to one of `words` at least: to how many, how well, and which it is."""
        asked = [_stem(word) for word in _WORD.findall(words.lower())]
        scored = ((_score(table, asked), table) for table in self.tables)
        return [pair for pair in scored if pair[0] > (0, 0)]

    def named(self, name: str) -> list[Table]:
        """The tables that `name` may mean: a full name, or its last one or two parts."""
        parts = [part.lower() for part in name_parts(name)]
        return [t for t in self.tables if [t.catalog, t.schema, t.name][-len(parts) :] == parts] if parts else []

    def like(self, name: str) -> list[str]:
        """Full names that look like `name`: first by the table's own name, then by where it is."""
        parts = name_parts(name.lower())
        near = difflib.get_close_matches(parts[-1], {t.name for t in self.tables}, n=3, cutoff=0.75) if parts else []
        full = [table.full_name for table in self.tables if table.name in near]
        return sorted(full, key=lambda other: -difflib.SequenceMatcher(a=name.lower(), b=other).ratio())[:3]

    def columns_like(self, column: str, tables: Sequence[str]) -> list[str]:
        """Columns of `tables` that look like `column`."""
        columns = {column for name in tables for table in self.named(name) for column in table.columns.split()}
        return difflib.get_close_matches(column.lower(), columns, n=3, cutoff=0.6)


def quoted(name: str) -> str:
    """`name` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def name_parts(name: str) -> list[str]:
    """`a."b".c` cut at its dots."""
    return [(m[1] or "").replace('""', '"') or m[2].strip() for m in _NAME_PART.finditer(name)]


def full_name(name: str) -> Table | None:
    """The table that a name of three parts means; None for a shorter one."""
    match name_parts(name):
        case [catalog, schema, table]:
            return Table(catalog=catalog, schema=schema, name=table)
        case _:
            return None


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _score(table: Table, asked: list[str]) -> tuple[int, int]:
    """How many of the words it answers to, then how well."""
    points = [_points(table, word) for word in asked]
    return sum(point > 0 for point in points), sum(points)


def _points(table: Table, word: str) -> int:
    """A word in the name says more than one among the columns, and that more than one in the comment."""
    name, columns = table.name.lower(), table.columns.lower()
    if _stem(name) == word:
        return 8
    if word in map(_stem, _WORD.findall(name.replace("_", " "))):
        return 6
    if word in name:
        return 4
    if word in map(_stem, columns.split()):
        return 3
    return 2 if word in columns or word in table.comment.lower() else int(word in table.place.lower())
