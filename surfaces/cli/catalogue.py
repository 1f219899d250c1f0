"""What a person may use here, as the registry tells it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from surfaces.cli import asking, reading


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool that this person may call."""

    name: str
    description: str
    risk: str
    data_class: str


@dataclass(frozen=True, kw_only=True)
class Server:
    """One server that this person may open."""

    name: str
    title: str
    summary: str
    url: str
    owner: str
    status: str
    checked_at: datetime | None
    tools: tuple[Tool, ...]


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Everything for one person at one surface; where there is nothing, the reason."""

    person: str
    environment: str
    servers: tuple[Server, ...]
    why_empty: str


def fetch(url: str, environment: str) -> tuple[Catalogue, bytes]:
    """Ask the registry of the platform at `url` about an environment; also gives the answer as it came."""
    whose, answer = f"{url}/api/catalog", asking.get(url, "/api/catalog", {"environment": environment})
    said = reading.fields(answer, whose)
    catalogue = Catalogue(
        person=reading.text(said, "person", whose),
        environment=reading.text_or(said, "environment"),
        servers=tuple(_server(reading.mapping(entry, whose), whose) for entry in reading.items(said, "servers")),
        why_empty=reading.text_or(said, "why_empty"),
    )
    return catalogue, answer


def _server(said: reading.Fields, whose: str) -> Server:
    return Server(
        name=reading.text(said, "name", whose),
        title=reading.text_or(said, "title"),
        summary=reading.text_or(said, "summary"),
        url=reading.text_or(said, "url"),
        owner=reading.text_or(said, "owner"),
        status=reading.text_or(said, "status", "unknown"),
        checked_at=_moment(reading.text_or(said, "checked_at")),
        tools=tuple(_tool(reading.mapping(entry, whose), whose) for entry in reading.items(said, "tools")),
    )


def _tool(said: reading.Fields, whose: str) -> Tool:
    return Tool(
        name=reading.text(said, "name", whose),
        description=reading.text_or(said, "description"),
        risk=reading.text_or(said, "risk"),
        data_class=reading.text_or(said, "data_class"),
    )


def _moment(stamp: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
