"""Times in words, as the pages say them: relative to read, the moment to check."""

from datetime import UTC, datetime

from markupsafe import Markup


def moment(at: float, now: float) -> Markup:
    """`<time>` that says how far `at` is from `now`."""
    when = datetime.fromtimestamp(at, UTC)
    distance = _distance(abs(at - now))
    words = f"in {distance}" if at > now else f"{distance} ago"
    stamp = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(stamp, when.strftime("%a %d %b %Y, %X UTC"), words)


def _distance(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"


def user_code(typed: str) -> str:
    """A device code as it was issued, however a person typed it."""
    letters = "".join(character for character in typed.upper() if character.isalnum())
    return f"{letters[:4]}-{letters[4:]}"
