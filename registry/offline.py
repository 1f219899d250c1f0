"""The folder in which a suspension is put while the registry is down: read, and kept at the newest list."""

import logging
from pathlib import Path

from pydantic import ValidationError

from platform_core.policy.artefact import Environment
from platform_core.policy.kept import keep
from platform_core.policy.keys import PinnedKeys
from platform_core.policy.sign import SignedArtefact, UntrustedArtefact, verify_suspensions
from registry.store.suspensions import InForce

log = logging.getLogger(__name__)


class OfflineFolder:
    """One signed list for each environment; the followers of this machine look at the same files."""

    def __init__(self, folder: Path, keys: PinnedKeys) -> None:
        self._folder, self._keys = folder, keys
        self._seen: dict[Environment, tuple[int, int] | None] = {}

    def changed(self, environment: Environment) -> bool:
        """Whether somebody put something there since it was last read or written."""
        return self._mark(environment) != self._seen.get(environment)

    def read(self, environment: Environment) -> InForce | None:
        """The list that lies there, if it may be obeyed."""
        self._seen[environment] = self._mark(environment)
        path = self._path(environment)
        try:
            signed = SignedArtefact.model_validate_json(path.read_bytes())
            suspensions = verify_suspensions(signed, self._keys)
        except FileNotFoundError:
            return None
        except (OSError, ValidationError, UntrustedArtefact) as error:
            log.error("%s is not obeyed: %s", path, error)
            return None
        if suspensions.environment != environment:
            log.error("%s is not obeyed: it is for %s", path, suspensions.environment)
            return None
        return InForce(suspensions=suspensions, signed=signed)

    def write(self, closed: InForce) -> None:
        """Put the newest list there, unless somebody was faster: theirs must be read first."""
        environment = closed.suspensions.environment
        if not self.changed(environment):
            keep(self._path(environment), closed.signed.model_dump_json())
            self._seen[environment] = self._mark(environment)

    def _path(self, environment: Environment) -> Path:
        return self._folder / f"{environment}.json"

    def _mark(self, environment: Environment) -> tuple[int, int] | None:
        try:
            found = self._path(environment).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino
