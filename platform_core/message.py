"""One protocol message, reduced to what a verdict and a record need."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A request of either era."""

    method: str
    params: Mapping[str, Any]
    era: str
    """The protocol version that it speaks."""

    @property
    def name(self) -> str | None:
        """The tool, prompt or resource that the message names."""
        value = self.params.get("uri" if self.method == "resources/read" else "name")
        return value if isinstance(value, str) else None
