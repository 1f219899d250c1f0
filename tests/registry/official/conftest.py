import pytest

from tests.registry.official.shelf import Ide
from tests.registry.stage import Registry


@pytest.fixture
def ide(registry: Registry) -> Ide:
    """A client of the API behind the registry's public door."""
    return Ide(registry.public)
