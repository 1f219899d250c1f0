"""The policies that this part obeys: each is judged before it is in force, and the last good ones are kept on disk."""

import logging
import time
from collections.abc import Callable

from pydantic import ValidationError

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.keys import PinnedKeys
from platform_core.policy.shelf import Shelf
from platform_core.policy.sign import SignedArtefact, UntrustedArtefact, verify

AHEAD = 300
"""Seconds that the signer's clock may be ahead of ours."""

Accept = Callable[[PolicyArtefact], str | None]
"""Returns a reason to refuse a policy that is good in itself."""

log = logging.getLogger(__name__)


def anything(_: PolicyArtefact) -> None:
    """Accept every policy that is good in itself."""


class Obeyed:
    """Policies of one environment, of one server or of all.

    One that is taken is signed by a pinned key, of this environment, in force, accepted, and not older than what was
    seen of its server.
    """

    def __init__(
        self, *, environment: str, keys: PinnedKeys, shelf: Shelf, server: str | None, accept: Accept = anything
    ) -> None:
        self._environment, self._keys, self._shelf = environment, keys, shelf
        self._server, self._accept = server, accept
        self.current: dict[str, PolicyArtefact] = {}
        """What is in force, by server."""
        self._seen = shelf.versions()
        self._unconfirmed: set[str] | None = None
        """Servers that the snapshot going on has not named yet; None where it is over, or holds what can't be read."""
        self._load()

    def offer(self, signed: object) -> bool:
        """Obey what the registry sent if it may be obeyed; return whether that changed what is in force."""
        named = None
        try:
            envelope = SignedArtefact.model_validate(signed)
            named = verify(envelope, self._keys)
            artefact = self._fitting(named)
        except (ValidationError, UntrustedArtefact) as error:
            log.error("a policy from the registry is refused: %s", error)
            self._confirm(named)
            return False
        self._confirm(named)
        if self.current.get(artefact.server) == artefact:
            return False
        self._adopt(artefact)
        self._shelf.put(artefact.server, artefact.version, envelope)
        log.info("policy of %s version %d is in force", artefact.server, artefact.version)
        return True

    def withdraw(self, server: str) -> bool:
        """Obey no policy of `server` any more; return whether there was one."""
        if self.current.pop(server, None) is None:
            return False
        self._shelf.take_away(server)
        log.info("policy of %s is withdrawn", server)
        return True

    def snapshot_begins(self) -> None:
        """From here to its end the registry names every policy that is in force."""
        self._unconfirmed = set(self.current)

    def snapshot_ends(self) -> bool:
        """What it did not name was withdrawn while nobody listened here; return whether there was any."""
        missed, self._unconfirmed = self._unconfirmed or set[str](), None
        return any([self.withdraw(server) for server in missed])

    def _confirm(self, named: PolicyArtefact | None) -> None:
        if named is None:
            self._unconfirmed = None
        elif self._unconfirmed:
            self._unconfirmed.discard(named.server)

    def _fitting(self, artefact: PolicyArtefact) -> PolicyArtefact:
        """Return `artefact` if it may be obeyed here and now, else raise `UntrustedArtefact`."""
        now, before = time.time(), self.current.get(artefact.server)
        if artefact.environment != self._environment:
            raise UntrustedArtefact(f"it is for the environment {artefact.environment}")
        if self._server is not None and artefact.server != self._server:
            raise UntrustedArtefact(f"it is for the server {artefact.server}")
        if artefact.version < self._seen.get(artefact.server, 0):
            raise UntrustedArtefact(f"version {artefact.version} is older than one seen before")
        if before is not None and artefact.version == before.version and artefact != before:
            raise UntrustedArtefact(f"another policy is in force under the same version {artefact.version}")
        if now >= artefact.not_after:
            raise UntrustedArtefact("it has expired")
        if artefact.issued_at > now + AHEAD:
            raise UntrustedArtefact("it was issued in the future: one of two clocks is wrong")
        if (reason := self._accept(artefact)) is not None:
            raise UntrustedArtefact(reason)
        return artefact

    def _adopt(self, artefact: PolicyArtefact) -> None:
        self._seen[artefact.server] = artefact.version
        self.current[artefact.server] = artefact

    def _load(self) -> None:
        """Start from disk: what was good once is good still, if it verifies again today."""
        for server, envelope in self._shelf.policies():
            if self._server is not None and server != self._server:
                continue
            try:
                self._adopt(self._fitting(verify(SignedArtefact.model_validate_json(envelope), self._keys)))
            except (ValidationError, UntrustedArtefact) as error:
                log.error("the kept policy of %s is refused: %s", server, error)
