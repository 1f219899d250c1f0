"""Spark's root causes as pages: what engineers recorded of failures, each for the business groups that may read it."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from servers.knowledge.index.audience import business
from servers.knowledge.sources.page import Page, Place, SourceDown

URI = "spark://root-causes"
READ_AS = 1


class RootCause(BaseModel):
    """One line of the resource; what it has besides is not ours to read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    app_id: str
    app_name: str
    signature: str
    kind: str
    cause: str
    fix: str
    severity: str
    recorded_by: str
    recorded_at: int
    groups: tuple[str, ...] = ()
    thread_url: str = ""


_line = TypeAdapter(RootCause)


@dataclass(frozen=True, kw_only=True)
class RootCauses:
    """The resource of a Spark server, read over MCP."""

    name: str
    title: str
    owner: str
    read: Callable[[], str]
    """Its text; raises `SourceDown`."""

    def places(self) -> Iterator[Place]:
        lines = [line for line in self.read().splitlines() if line.strip()]
        try:
            causes = [_line.validate_json(line) for line in lines]
        except ValidationError as error:
            raise SourceDown(f"{URI} has a line that is no root cause: {error.errors()[0]['msg']}") from None
        for cause, line in zip(causes, lines, strict=True):
            seen = hashlib.sha256(f"{READ_AS}\n{line}".encode()).hexdigest()
            yield Place(key=cause.id, fingerprint=seen, read=partial(_page, cause))


def _page(cause: RootCause) -> Page:
    return Page(
        name=hashlib.sha256(cause.id.encode()).hexdigest()[:16],
        title=f"Root cause: {cause.kind.replace('_', ' ')} in {cause.app_name}",
        text=(
            f"## Cause\n\n{cause.cause}\n\n## Fix\n\n{cause.fix}\n\n## Seen in\n\nspark:app/{cause.app_id}, "
            f"signature {cause.signature}, severity {cause.severity}, recorded by {cause.recorded_by}."
        ),
        audience=business(cause.groups),
        url=cause.thread_url,
        owner=cause.recorded_by,
        updated=datetime.fromtimestamp(cause.recorded_at, UTC).date().isoformat(),
    )
