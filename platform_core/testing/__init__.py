"""What a server's tests need; shipped, so that a copied server has it."""

from typing import TYPE_CHECKING

from platform_core.testing.people import PEOPLE, Person

if TYPE_CHECKING:
    from platform_core.testing.approving import answer_on_page, asked_by, desk_in
    from platform_core.testing.connect import Kept, connect_as

__all__ = ["PEOPLE", "Kept", "Person", "answer_on_page", "asked_by", "connect_as", "desk_in"]


def __getattr__(name: str) -> object:
    # The dev identity provider wants the people and not the MCP client, which takes a second to load.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from platform_core.testing import approving, connect

    return getattr(connect if hasattr(connect, name) else approving, name)
