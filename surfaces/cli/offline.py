"""A suspension without the registry: the next list, signed with the emergency key, laid where everybody looks."""

import getpass
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import ValidationError

from platform_core.policy.sign import SignedArtefact, sign
from platform_core.policy.suspend import Suspension, Suspensions
from surfaces.cli.failures import Unusable


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What is to be closed, and what those who are refused are told."""

    server: str | None
    tool: str | None
    person: str | None
    reason: str


def close(closing: Closing, environment: str, *, key: Path, key_id: str, folder: Path) -> None:
    """Sign the list that follows the one in `folder`, with all that it closes, and put it there in one step."""
    private, file, now = _private(key), folder / f"{environment}.json", int(time.time())
    before = _read(file)
    entry, entries = _entry(closing, now), before.entries if before else ()
    if not any(map(entry.same_as, entries)):
        entries = (*entries, entry)
    version = max(before.version + 1 if before else 1, now)
    fields = {"environment": environment, "version": version, "issued_at": now, "entries": entries}
    signed = sign(Suspensions.model_validate(fields), key=key_id, private=private)
    _put(file, signed.model_dump_json())


def _entry(closing: Closing, now: int) -> Suspension:
    try:
        return Suspension(
            server=closing.server, tool=closing.tool, person=closing.person, reason=closing.reason,
            by=f"{getpass.getuser()}, offline", at=now,
        )  # fmt: skip
    except ValidationError as error:
        raise Unusable(f"This can't be closed: {error.errors()[0]['msg']}.") from None


def _private(file: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise Unusable(f"{file} can't be read: {error.strerror}.") from None
    except (ValueError, TypeError):
        raise Unusable(f"{file} is no private key in PEM without a password.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Unusable(f"{file} is no Ed25519 key.")
    return key


def _read(file: Path) -> Suspensions | None:
    """What is closed already. Its signature is for those who obey it; here it only says what must stay closed."""
    try:
        return Suspensions.model_validate_json(SignedArtefact.model_validate_json(file.read_bytes()).payload)
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise Unusable(
            f"{file} can't be read, and what it closes would be left out. Move it away and run this again: whoever has "
            "obeyed it refuses a list that leaves something out, so repeat there what it closed."
        ) from None


def _put(file: Path, text: str) -> None:
    try:
        handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            os.fchmod(handle, 0o644)  # other accounts obey it; who enters the folder is decided by the folder
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        Path(draft).replace(file)
    except OSError as error:
        raise Unusable(f"Nothing was closed: {file} can't be written: {error.strerror}.") from None
