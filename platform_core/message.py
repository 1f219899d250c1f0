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
    name: str | None
    """The tool, prompt or resource that it names."""


def message(method: str, params: Mapping[str, Any] | None, era: str) -> Message:
    """Reduce a request as the protocol decoded it."""
    params = params or {}
    value = params.get("uri" if method == "resources/read" else "name")
    return Message(method=method, params=params, era=era, name=value if isinstance(value, str) else None)
