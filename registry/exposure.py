"""Private data, text that strangers wrote, a way out: each is harmless, all three in one server are how data leaves."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from platform_core.registration.contract import Contract, ToolPromise

_STRANGERS = re.compile(
    r"\b(logs?|comments?|messages?|e-?mails?|tickets?|documents?|pages?|articles?|transcripts?|threads?|chats?|wiki)\b",
    re.IGNORECASE,
)
"""What people outside the server's team write: words in what a tool says that it reads."""
_ADDRESS = re.compile(r"(^|_)(url|uri|webhook|endpoint|host|e?mail|recipients?|to|channel|destination|callback)(_|$)")
"""Arguments that say where something goes."""


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """The tools of each kind, as the contract tells: what looks so is shown to the reviewer, who judges."""

    private: tuple[str, ...]
    """Show data that is not for everybody."""
    untrusted: tuple[str, ...]
    """Answer with text that strangers may have written."""
    way_out: tuple[str, ...]
    """Change something elsewhere, or take an address."""

    @property
    def together(self) -> bool:
        """Whether one conversation may meet all three."""
        return bool(self.private and self.untrusted and self.way_out)


def exposure(contract: Contract) -> Exposure:
    """What the tools of a contract can do together."""
    return Exposure(
        private=_which(contract.tools, lambda tool: tool.data_class != "public"),
        untrusted=_which(contract.tools, _shows_strangers_words),
        way_out=_which(contract.tools, _has_a_way_out),
    )


def _which(tools: Mapping[str, ToolPromise], fits: Callable[[ToolPromise], bool]) -> tuple[str, ...]:
    return tuple(sorted(name for name, tool in tools.items() if fits(tool)))


def _shows_strangers_words(tool: ToolPromise) -> bool:
    # Text of restricted data leaves between fences because anybody may have written it (MCP-DATA-1).
    return tool.data_class == "restricted" or _STRANGERS.search(tool.description) is not None


def _has_a_way_out(tool: ToolPromise) -> bool:
    named = cast("Mapping[str, Any]", tool.input.get("properties", {}))
    return tool.risk == "change" or any(_ADDRESS.search(name) for name in named)
