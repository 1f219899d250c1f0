"""What all calls of this process have in common; nothing of it belongs to a person, but by name."""

from dataclasses import dataclass
from functools import cache
from typing import Self

from servers.presto.engine.cluster import Cluster
from servers.presto.engine.tries import Tries
from servers.presto.memory.file import File
from servers.presto.memory.history import History
from servers.presto.memory.keeper import Keeper
from servers.presto.memory.links import Links
from servers.presto.memory.open_queries import OpenQueries
from servers.presto.running import Running
from servers.presto.settings import PrestoSettings
from servers.presto.tables.catalogue import Catalogue
from servers.presto.tables.facts import Facts, read_facts


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The engine, and what is remembered of it."""

    settings: PrestoSettings
    cluster: Cluster
    catalogue: Catalogue
    running: Running
    keeper: Keeper
    history: History
    links: Links
    facts: Facts
    tries: Tries

    @classmethod
    def of(cls, settings: PrestoSettings) -> Self:
        cluster, file = Cluster(settings), File(settings.folder)
        queries = OpenQueries(file)
        keeper = Keeper(cluster, queries, settings)
        return cls(
            settings=settings,
            cluster=cluster,
            catalogue=Catalogue(cluster, keep_seconds=settings.tables_seconds),
            running=Running(cluster, queries, keeper, settings),
            keeper=keeper,
            history=History(file),
            links=Links(file, seconds=settings.link_seconds),
            facts=read_facts(settings.metadata),
            tries=Tries(),
        )

    async def close(self) -> None:
        await self.keeper.close()
        await self.cluster.close()


@cache
def shared() -> Shared:
    """Made when the first call comes."""
    return Shared.of(PrestoSettings.load())
