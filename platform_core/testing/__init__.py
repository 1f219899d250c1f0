"""What a server's tests need; shipped, so that a copied server has it."""

from typing import TYPE_CHECKING

from platform_core.testing.people import PEOPLE, Person

if TYPE_CHECKING:
    from platform_core.testing.connect import Kept, connect_as

__all__ = ["PEOPLE", "Kept", "Person", "connect_as"]


def __getattr__(name: str) -> object:
    # The dev identity provider wants the people and not the MCP client, which takes a second to load.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from platform_core.testing import connect

    return getattr(connect, name)
