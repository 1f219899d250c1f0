"""Which URIs a template stands for."""

import re
from functools import lru_cache


def fits(template: str, uri: str) -> bool:
    """Whether `uri` is one of `template`, of which `{name}` stands for one part without a slash."""
    return _pattern(template).fullmatch(uri) is not None


@lru_cache(maxsize=1024)
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", template)
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts))
