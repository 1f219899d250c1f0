"""The last good policies on this machine's disk, and the highest version that was ever in force of each."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from platform_core.policy.kept import keep
from platform_core.policy.sign import SignedArtefact

_VERSIONS = TypeAdapter(dict[str, int])

log = logging.getLogger(__name__)


class Shelf:
    """One folder, for this account alone. What stands on it is as trusted as its signature, so it is verified again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, server: str, version: int, envelope: SignedArtefact) -> None:
        """Keep `envelope` as the policy of `server`."""
        keep(self._folder / f"{server}.json", envelope.model_dump_json())
        keep(self._folder / "versions", json.dumps(self.versions() | {server: version}))

    def take_away(self, server: str) -> None:
        """Keep no policy of `server` any more; its version stays, so that an older one can't come back."""
        (self._folder / f"{server}.json").unlink(missing_ok=True)

    def versions(self) -> dict[str, int]:
        """The highest version that was in force, by server."""
        try:
            return _VERSIONS.validate_json((self._folder / "versions").read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.error("the versions in %s can't be read and are counted anew: %s", self._folder, error)
            return {}

    def policies(self) -> Iterator[tuple[str, bytes]]:
        """Every file that was kept: the server that it is for by its name, and the bytes as they are."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                yield path.stem, path.read_bytes()
            except OSError as error:
                log.error("the kept policy %s can't be read: %s", path.name, error)
