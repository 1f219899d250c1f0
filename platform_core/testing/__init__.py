"""What a server's tests need; shipped, so that a copied server has it."""

from platform_core.testing.connect import Kept, connect_as
from platform_core.testing.people import PEOPLE, Person

__all__ = ["PEOPLE", "Kept", "Person", "connect_as"]
