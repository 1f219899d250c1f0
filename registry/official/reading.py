"""The list of approved servers, page by page, as anybody or as a person reads it."""

from platform_core.auth.principal import Principal
from registry.official.cursor import Asked, Cursor
from registry.official.documents import AllowedServer, Allowlist
from registry.official.governance import governance
from registry.official.names import Namespace
from registry.official.shelf import Shelved, Shelving
from registry.parts import Parts


class Reading:
    """Reads entries, each as JSON."""

    def __init__(self, parts: Parts, namespace: Namespace) -> None:
        self._parts, self.namespace = parts, namespace
        self._shelving = Shelving(parts, namespace)

    async def page(
        self, asked: Asked, after: tuple[str, str], limit: int, reader: Principal | None
    ) -> tuple[list[str], Cursor | None]:
        """At most `limit` entries behind `after`, by name and version; and where to go on, if there is more."""
        found = (await self._shelving.shelf()).behind(after, asked, limit + 1)
        entries = await self._as_read(found[:limit], reader)
        if len(found) <= limit:
            return entries, None
        server, version = found[limit - 1].place
        return entries, Cursor(server=server, version=version, asked=asked)

    async def of_server(self, full: str, asked: Asked, reader: Principal | None) -> list[str]:
        """The entries of one server, the newest first; none where nobody approved one."""
        name = self.namespace.server(full)
        of_server = (await self._shelving.shelf()).of_server.get(name) if name else None
        fitting = [each for each in of_server[2] if each.fits(asked)] if of_server else []
        newest = sorted(fitting, key=lambda each: each.release.published_at, reverse=True)
        return await self._as_read(newest, reader)

    async def allowlist(self) -> Allowlist:
        """The address of every server that is approved and runs."""
        entries = (await self._shelving.shelf()).entries
        running = [each.entry for each in entries if each.release.in_force and each.fits(Asked())]
        addresses = [AllowedServer(server_url=remote.url) for entry in running for remote in entry.server.remotes]
        return Allowlist(allowed_mcp_servers=tuple(addresses))

    async def _as_read(self, entries: list[Shelved], reader: Principal | None) -> list[str]:
        if reader is None:
            return [each.text for each in entries]
        now, standings = self._parts.clock(), (await self._parts.present.of("production")).servers
        said = [governance(each.release, standings.get(each.release.server), reader, now=now) for each in entries]
        governed = [each.model_dump(mode="json", exclude_none=True) for each in said]
        pairs = zip(entries, governed, strict=True)
        return [
            each.entry.model_copy(update={"meta": each.entry.meta | {self.namespace.governance: own}}).model_dump_json(
                exclude_none=True
            )
            for each, own in pairs
        ]
