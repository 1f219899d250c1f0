"""The issuer's public keys, fetched in the background and never on the path of a call."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Mapping
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

from platform_core.errors import DomainError, Unavailable
from platform_core.outgoing import Outgoing, OutgoingSettings

ALGORITHMS = frozenset({"RS256", "ES256"})
"""What a token may be signed with; a key of another kind is not taken in."""

log = logging.getLogger(__name__)


class KeySet:
    """Keys by id. A changed set raises `generation`, which empties every memo taken under the old one."""

    def __init__(self) -> None:
        self.keys: Mapping[str, PyJWK] = MappingProxyType({})
        self.generation = 0

    def replace(self, document: object) -> None:
        """Take in a JWKS document. Raises `ValueError` and keeps the old keys where it holds no usable key."""
        try:
            parsed = PyJWKSet.from_dict(document)  # type: ignore[arg-type]
        except (PyJWTError, AttributeError, TypeError) as error:
            raise ValueError(f"not a key set: {error}") from error
        keys = {str(key.key_id): key for key in parsed.keys if _usable(key)}
        if not keys:
            raise ValueError("the key set holds no RS256 or ES256 key with an id")
        if _numbers(keys) != _numbers(self.keys):
            self.generation += 1
        self.keys = MappingProxyType(keys)


def _usable(key: PyJWK) -> bool:
    """A public key with a name, made for signatures, of a pinned algorithm."""
    named = isinstance(key.key_id, str) and key.key_id != ""
    signs = key.public_key_use in (None, "sig") and key.algorithm_name in ALGORITHMS
    return named and signs and isinstance(key.key, RSAPublicKey | EllipticCurvePublicKey)


def _numbers(keys: Mapping[str, PyJWK]) -> dict[str, object]:
    return {name: key.key.public_numbers() for name, key in keys.items()}


class JwksFollower:
    """Keeps a `KeySet` fresh: every `every` seconds, and soon after somebody met an unknown key id.

    When the issuer is down the last keys stay in force.
    """

    def __init__(self, url: str, *, every: float = 60.0, least: float = 1.0) -> None:
        self.set = KeySet()
        self._url, self._every, self._least = url, every, least
        self._outgoing = Outgoing(OutgoingSettings(seconds=5.0), known=(url,))
        self._wanted, self._first = asyncio.Event(), asyncio.Event()

    def want(self) -> None:
        """Ask for a fetch soon: a token named a key that is not known here."""
        self._wanted.set()

    async def wait_ready(self) -> None:
        """Return when the first key set has arrived."""
        await self._first.wait()

    async def run(self) -> None:
        """Follow forever."""
        failing = False
        while True:
            began = time.monotonic()
            self._wanted.clear()
            failing = await self._fetch(failing)
            await asyncio.sleep(self._least)
            pause = min(self._every, 1.0) if failing else self._every
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), max(0.0, pause - (time.monotonic() - began)))

    async def _fetch(self, was_failing: bool) -> bool:
        try:
            answer = await self._outgoing.fetch(self._url)
            if answer.status != 200:
                raise Unavailable(f"it answered {answer.status}")
            self.set.replace(json.loads(answer.body))
        except (DomainError, ValueError, RecursionError) as error:
            if not was_failing:
                log.warning("key set of %s not fetched, the last one stays in force: %s", self._url, error)
            return True
        self._first.set()
        return False
