"""Which skips CI accepts: those that `allowed_skips.txt` gives a reason for."""

import re
from collections.abc import Iterable
from pathlib import Path

ALLOWED = Path(__file__).with_name("allowed_skips.txt")


def undecided(reasons: Iterable[str], allowed: str | None = None) -> list[str]:
    """Return the skips' reasons, each once, that no line of `allowed` (the file, unless given) covers."""
    patterns = _patterns(ALLOWED.read_text("utf-8") if allowed is None else allowed)
    plain = {reason.removeprefix("Skipped: ") for reason in reasons}
    return sorted(reason for reason in plain if not any(pattern.fullmatch(reason) for pattern in patterns))


def _patterns(text: str) -> list[re.Pattern[str]]:
    """One regular expression a line; what follows the first `  # ` says why the skip is no loss."""
    lines = (line.partition("  # ") for line in text.splitlines() if line and not line.startswith("#"))
    found: list[re.Pattern[str]] = []
    for pattern, _, why in lines:
        if not why.strip():
            raise ValueError(f"{ALLOWED.name}: say after two blanks and # why CI may skip this: {pattern}")
        found.append(re.compile(pattern.strip()))
    return found
