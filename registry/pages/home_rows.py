"""A server in a list: how it is, and whether somebody can use it."""

from dataclasses import dataclass

from platform_core.auth.principal import Principal
from registry.pages.open_to import Access, access
from registry.pages.state import Said, health, life
from registry.store.deprecations import Deprecated
from registry.store.impact import Figures
from registry.store.standing import Standing
from registry.verdict import how_to_ask

PAGE = 50
MANY_TOOLS = 100
"""Above it a list says whether the server opens, and the server's own page says which of its tools do."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One server in a list."""

    standing: Standing
    access: Access
    life: Said
    health: Said
    how_to_ask: str
    data_class: str
    figures: Figures | None
    deprecated: Deprecated | None

    @property
    def tools(self) -> int:
        return len(self.standing.contract.tools)

    @property
    def counted(self) -> bool:
        """Whether the list says how many of the tools open."""
        return len(self.access.tools) == self.tools


@dataclass(frozen=True, kw_only=True)
class Section:
    """A stretch of one list."""

    rows: list[Row]
    start: int
    total: int
    number: int

    @property
    def before(self) -> int | None:
        return self.number - 1 if self.start else None

    @property
    def after(self) -> int | None:
        return self.number + 1 if self.start + len(self.rows) < self.total else None


def row(
    standing: Standing,
    person: Principal,
    *,
    now: float,
    figures: Figures | None = None,
    deprecated: Deprecated | None = None,
    tools: bool = True,
) -> Row:
    """One server, as `person` sees it; without asking about each of its tools, where that is of no interest."""
    few = None if tools and len(standing.contract.tools) <= MANY_TOOLS else ()
    return Row(
        standing=standing,
        access=access(standing, person, now=now, tools=few),
        life=life(standing, now=now),
        health=health(standing),
        how_to_ask=how_to_ask(standing),
        data_class=highest_class(standing),
        figures=figures,
        deprecated=deprecated,
    )


def highest_class(standing: Standing) -> str:
    """The most guarded class of data that a tool of the server shows."""
    classes = {promise.data_class for promise in standing.contract.tools.values()}
    return next((name for name in ("restricted", "internal", "public") if name in classes), "public")
