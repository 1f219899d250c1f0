"""One byte form for one value: what digests and signatures are taken over."""

import hashlib
import json


def canonical(value: object) -> bytes:
    """Return `value` (JSON types only) as UTF-8 JSON with sorted keys and no spaces.

    The form is ours and not a library's, so that an upgrade of a library never changes a digest. Raises `ValueError`
    for NaN and infinities, which JSON cannot say, and `TypeError` for anything that is not JSON.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: object) -> str:
    """Return `sha256:<64 hex digits>` over the canonical form of `value`."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()
