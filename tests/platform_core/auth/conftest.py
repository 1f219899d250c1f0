import pytest

from platform_core.auth.tokens import Verifier
from tests.platform_core.auth.verifying import Clock, Keys
from tests.platform_core.issuer import AUDIENCE, ISSUER


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(keys: Keys, clock: Clock) -> Verifier:
    return Verifier(keys, issuer=ISSUER, audience=AUDIENCE, clock=clock)
