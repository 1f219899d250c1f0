"""How a command ends when it can't do what was asked, classed by what the caller does next."""

from dataclasses import dataclass


class Failed(Exception):
    """The tool, or what stands behind it, says no. The text says what happened and what to do next."""

    exit_code = 1


class Unusable(Failed):
    """The command can't be used like this."""

    exit_code = 2


class NotLoggedIn(Unusable):
    """Nobody is logged in at this platform, or not any more."""


@dataclass(eq=False, kw_only=True)
class Refused(Failed):
    """The platform keeps this closed for this person, here and now."""

    exit_code = 3
    code: str
    detail: str
    rule: str = ""
    how_to_ask: str = ""
    trace_id: str = ""

    def __str__(self) -> str:
        rest = {"Rule": self.rule, "To get it": self.how_to_ask, "Trace": self.trace_id}
        lines = [f"  {label}: {text}" for label, text in rest.items() if text]
        lead = "Not yet" if self.code == "authorization_denied" else "Refused"
        return "\n".join([f"{lead}: {self.detail or self.code}", *lines])


class Unreachable(Failed):
    """Nobody answers, or what answers is not Seedbed."""

    exit_code = 4
