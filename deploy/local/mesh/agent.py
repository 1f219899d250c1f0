"""The agent: which SVIDs each account has now, renewed at half their life, with word to whoever listens."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import Certificate

from deploy.local.mesh.authorities import Authorities
from deploy.local.mesh.certificates import Pair, new_svid
from deploy.local.mesh.entries import Entries
from deploy.local.mesh.settings import AgentSettings
from platform_core.mesh.wire import IssuedSvid


@dataclass(frozen=True, kw_only=True)
class _Held:
    """An SVID that the agent holds for a workload."""

    certificate: bytes
    key: bytes = field(repr=False)
    signer: Certificate
    renew_at: float


class Agent:
    """Looks every few seconds at entries and authorities, as a real one asks its server."""

    def __init__(self, settings: AgentSettings, authorities: Authorities, entries: Entries) -> None:
        self._settings, self._authorities, self._entries = settings, authorities, entries
        self._held: dict[str, _Held] = {}
        self._known: Mapping[int, tuple[str, ...]] = {}
        self.bundle = b""
        """Whose word counts in the trust domain, as of the last look."""
        self.news = asyncio.Event()
        """Set, and replaced by a fresh one, when anything changes."""
        self.look()

    @property
    def trust_domain(self) -> str:
        """The id of the trust domain."""
        return f"spiffe://{self._settings.trust_domain}"

    def svids_of(self, account: int) -> tuple[IssuedSvid, ...]:
        """What the account may be; empty if nobody entered it."""
        return tuple(self._svid(path) for path in self._known.get(account, ()))

    async def run(self) -> None:
        """Look for ever."""
        while True:
            due = min((held.renew_at for held in self._held.values()), default=float("inf")) - time.monotonic()
            await asyncio.sleep(max(0.01, min(self._settings.sync_seconds, due)))
            self.look()

    def look(self) -> None:
        """Take what was changed, issue what is due, and say so."""
        before = (self._held, self._known, self.bundle)
        ring, known = self._authorities.now(), self._entries.now()
        wanted = {path for paths in known.values() for path in paths}
        self._held = {path: self._fresh(path, ring.signing) for path in wanted}
        self._known, self.bundle = known, ring.bundle
        if (self._held, self._known, self.bundle) != before:
            self.news.set()
            self.news = asyncio.Event()

    def _fresh(self, path: str, signing: Pair) -> _Held:
        held = self._held.get(path)
        if held is not None and held.signer == signing[0] and time.monotonic() < held.renew_at:
            return held
        seconds = self._settings.svid_seconds
        certificate, key = new_svid(signing, f"{self.trust_domain}{path}", seconds)
        return _Held(
            certificate=certificate.public_bytes(Encoding.DER),
            key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
            signer=signing[0],
            renew_at=time.monotonic() + seconds / 2,
        )

    def _svid(self, path: str) -> IssuedSvid:
        held = self._held[path]
        return IssuedSvid(
            spiffe_id=f"{self.trust_domain}{path}", chain=held.certificate, key=held.key, bundle=self.bundle
        )
