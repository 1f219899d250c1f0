"""Where a list goes on: an opaque word that carries the filters too, because clients repeat it without them."""

import base64
import binascii
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from registry.refused import Refused

LONGEST_SEARCH = 200
_LONGEST = 4_096


class Asked(BaseModel):
    """Which versions of which servers a list is about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    search: Annotated[str, Field(max_length=LONGEST_SEARCH)] = ""
    version: Annotated[str, Field(max_length=255)] = ""
    """`latest`, an exact version, or every version."""
    updated_since: AwareDatetime | None = None
    include_deleted: bool = False

    @property
    def deleted_too(self) -> bool:
        """Whoever mirrors the list by time must learn of what is gone."""
        return self.include_deleted or self.updated_since is not None


class Cursor(BaseModel):
    """The last entry of a page, and what was asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: str
    version: str
    asked: Asked

    def __str__(self) -> str:
        # base64url without padding: some clients put it into the address as it is.
        return base64.urlsafe_b64encode(self.model_dump_json(exclude_defaults=True).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        try:
            if len(text) > _LONGEST or not text.isascii():
                raise ValueError("too long, or no base64url")
            padded = text + "=" * (-len(text) % 4)
            return cls.model_validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (ValidationError, binascii.Error, ValueError):
            raise _bad("cursor", "use `metadata.nextCursor` of the page before, or none for the first page") from None


def moment(text: str) -> datetime:
    """An RFC 3339 time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or "T" not in text.upper():
        raise _bad("updated_since", "write an RFC 3339 time like 2026-11-01T00:00:00Z") from None
    return found


def _bad(what: str, mend: str) -> Refused:
    return Refused(
        code="invalid", rule=f"registry/{what.replace('_', '-')}", detail=f"that {what} can't be read: {mend}"
    )
