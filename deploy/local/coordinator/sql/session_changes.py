"""SET SESSION, USE, PREPARE and their like: nothing changes here, the client is told what to send next time."""

from urllib.parse import quote_plus

from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.sql.plan import Asked, Plan
from deploy.local.coordinator.sql.properties import check
from deploy.local.coordinator.sql.source import Source
from deploy.local.coordinator.sql.words import Words


def set_session(words: Words) -> Plan:
    """`SET SESSION name = value`, with SET taken."""
    words.need("SESSION")
    name = ".".join(words.names())
    words.need("=")
    at, value = words.source.at(words.offset), words.value()
    words.end()
    check(name, value, at)
    return _told("SET SESSION", {"X-Trino-Set-Session": f"{name}={quote_plus(value)}"})


def set_time_zone(words: Words) -> Plan:
    """`SET TIME ZONE 'Europe/Paris'`, with these words taken."""
    zone = "" if words.skip("LOCAL") else words.string()
    words.end()
    return _told("SET TIME ZONE", {"X-Trino-Set-Session": f"time_zone_id={quote_plus(zone)}"})


def reset_session(words: Words) -> Plan:
    """`RESET SESSION name`, with RESET taken."""
    words.need("SESSION")
    name = ".".join(words.names())
    words.end()
    check(name, "1s")
    return _told("RESET SESSION", {"X-Trino-Clear-Session": name})


def use(words: Words, asked: Asked) -> Plan:
    """`USE catalog.schema` or `USE schema`, with USE taken."""
    named = words.names()
    words.end()
    catalog, schema = named if len(named) == 2 else (asked.session.catalog, named[0])
    if catalog is None:
        message = "Catalog must be specified when session catalog is not set"
        raise TrinoError(ErrorCode.MISSING_CATALOG_NAME, message, words.source.first)
    if asked.catalogs.schemas(catalog) is None:
        raise TrinoError(ErrorCode.CATALOG_NOT_FOUND, f"Catalog '{catalog}' not found")
    if asked.catalogs.tables(catalog, schema) is None:
        raise TrinoError(ErrorCode.NOT_FOUND, f"Schema does not exist: {catalog}.{schema}")
    return _told("USE", {"X-Trino-Set-Catalog": catalog, "X-Trino-Set-Schema": schema})


def prepare(words: Words) -> Plan:
    """`PREPARE name FROM statement`, with PREPARE taken."""
    name = words.name()
    words.need("FROM")
    statement = words.source.text[words.offset :]
    return _told("PREPARE", {"X-Trino-Added-Prepare": f"{quote_plus(name)}={quote_plus(statement)}"})


def deallocate(words: Words, asked: Asked) -> Plan:
    """`DEALLOCATE PREPARE name`, with DEALLOCATE taken."""
    words.need("PREPARE")
    name = words.name()
    words.end()
    prepared(name, asked)
    return _told("DEALLOCATE", {"X-Trino-Deallocated-Prepare": quote_plus(name)})


def prepared(name: str, asked: Asked) -> Source:
    """The statement that the client sends along under that name."""
    if name not in asked.session.prepared:
        raise TrinoError(ErrorCode.NOT_FOUND, f"Prepared statement not found: {name}")
    return Source(asked.session.prepared[name])


def _told(update_type: str, headers: dict[str, str]) -> Plan:
    return Plan(rows=lambda: iter(()), update_type=update_type, headers=headers)
