"""The suspensions that this part obeys: from the registry's stream, or out of a folder while the registry is down."""

import json
import logging
from pathlib import Path

from pydantic import ValidationError

from platform_core.policy.kept import keep
from platform_core.policy.keys import PinnedKeys
from platform_core.policy.sign import SignedArtefact, UntrustedArtefact, verify_suspensions
from platform_core.policy.suspend import Suspensions

log = logging.getLogger(__name__)


class Suspended:
    """The highest suspensions seen, kept on disk. A lower version is refused, and so is a list for elsewhere."""

    def __init__(self, *, environment: str, keys: PinnedKeys, kept: Path, folder: Path) -> None:
        self._environment, self._keys, self._kept = environment, keys, kept
        self._dropped = folder / f"{environment}.json"
        self._looked_at: tuple[int, int] | None = None
        self.current: Suspensions | None = None
        if not self._read(kept):
            self._keep_closed()
        self.look()

    def look(self) -> bool:
        """Read the folder if somebody put something there; return whether that changed what is suspended."""
        try:
            found = self._dropped.stat()
        except OSError:
            return False
        mark = (found.st_mtime_ns, found.st_ino)
        if mark == self._looked_at:
            return False
        self._looked_at = mark
        return self._read(self._dropped)

    def offer(self, signed: object) -> bool:
        """Obey what was sent or found if it may be obeyed; return whether that changed what is suspended."""
        try:
            envelope = SignedArtefact.model_validate(signed)
            suspensions = self._fitting(verify_suspensions(envelope, self._keys), envelope.key)
        except (ValidationError, UntrustedArtefact) as error:
            log.error("suspensions are refused: %s", error)
            return False
        if suspensions == self.current:
            return False
        self.current = suspensions
        keep(self._kept, envelope.model_dump_json())
        log.warning("suspensions version %d: %d entries", suspensions.version, len(suspensions.entries))
        return True

    def _read(self, path: Path) -> bool:
        try:
            return self.offer(json.loads(path.read_bytes()))
        except FileNotFoundError:
            pass  # nothing was kept, or somebody took it away again
        except (OSError, ValueError, RecursionError) as error:
            log.error("%s can't be read as suspensions: %s", path, error)
        return False

    def _keep_closed(self) -> None:
        """What was verified once and kept closes on under a key that is pinned no more: to forget it would open."""
        try:
            envelope = SignedArtefact.model_validate_json(self._kept.read_bytes())
            kept = Suspensions.model_validate_json(envelope.payload)
        except (OSError, ValidationError):
            return
        if envelope.key not in self._keys.closing and kept.environment == self._environment:
            log.warning("suspensions version %d stay closed until newer ones come by a pinned key", kept.version)
            self.current = kept

    def _fitting(self, offered: Suspensions, key: str) -> Suspensions:
        before = self.current
        if offered.environment != self._environment:
            raise UntrustedArtefact(f"they are for the environment {offered.environment}")
        if before is None or offered == before:
            return offered
        if offered.version <= before.version:
            raise UntrustedArtefact(f"version {offered.version} is not above {before.version}, which is obeyed")
        if key not in self._keys.policy and not set(before.entries) <= set(offered.entries):
            raise UntrustedArtefact("the emergency key closes and never opens: keep every entry that is in force")
        return offered
