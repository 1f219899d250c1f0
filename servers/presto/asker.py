"""For whom a statement runs."""

import re
from dataclasses import dataclass

from platform_core.errors import Denied

_LOGIN = re.compile(r"[!-~]+( [!-~]+)*")
_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """The person whom the engine sees, and what joins a statement with the call that wanted it."""

    person: str
    request_id: str | None = None
    trace_id: str | None = None

    def __post_init__(self) -> None:
        # A header loses the blanks at its ends: "ana " must not become ana.
        if not _LOGIN.fullmatch(self.person):
            raise Denied("Your login name has characters that can't be told to the engine: ask who gave it to you.")

    @property
    def tags(self) -> list[str]:
        """Client tags; they are shown to whoever may see queries, so they hold ids alone."""
        return [f"request={self.request_id}"] if _ID.fullmatch(self.request_id or "") else []

    @property
    def trace_token(self) -> str:
        """The call's trace, or nothing."""
        return self.trace_id if self.trace_id and _ID.fullmatch(self.trace_id) else ""
