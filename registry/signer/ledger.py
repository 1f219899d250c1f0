"""What was signed last, so that no two documents ever leave under one version."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from platform_core.errors import Unavailable, WiringError


class Line(BaseModel):
    """The last document that was signed for one purpose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    digest: str


class NotAbove(Exception):
    """Another document was signed for the same purpose, under this version or a higher one."""


_LINES = TypeAdapter(dict[str, Line])


class Ledger:
    """One file, on the disk before a signature leaves."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines = _read(file)

    def enter(self, purpose: str, line: Line) -> None:
        """Write down what is about to be signed.

        Raises `NotAbove`, and `Unavailable` where it can't be written: then nothing may be signed.
        """
        last = self._lines.get(purpose)
        if line == last:
            return
        if last is not None and line.version <= last.version:
            raise NotAbove(f"version {line.version} is not above version {last.version}, which was signed before")
        lines = self._lines | {purpose: line}
        try:
            _write(self._file, _LINES.dump_json(lines))
        except OSError as error:
            raise Unavailable(f"the signer can't write its ledger, so it signs nothing: {error.strerror}") from error
        self._lines = lines


def _read(file: Path) -> dict[str, Line]:
    try:
        return _LINES.validate_json(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        raise WiringError(
            f"the signer's ledger {file} can't be read, and without it a version could be signed twice: {error}. "
            "Bring it back from a backup."
        ) from error


def _write(file: Path, text: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f"{file.name}.new")
    with fresh.open("wb") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    os.replace(fresh, file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
