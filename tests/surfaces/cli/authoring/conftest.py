import pytest

from tests.surfaces.cli.authoring.checkout import Checkout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A clone of which one file of tests may do what it likes."""
    return Checkout.made(tmp_path_factory.mktemp("clone"))
