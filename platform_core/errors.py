"""The failures that we saw coming, classed by who must act.

    DomainError                      its text reaches the caller; logged without a traceback
      Invalid                        the caller sends something else
      NotFound                       the caller looks elsewhere
      Denied                         the caller asks for a right
      Unavailable(retry_after)       the outside must act; the same call may succeed later
    WiringError                      a program is put together wrongly: it refuses to start

Anything else is a crash: the log has its traceback, the caller learns only which tool failed.
"""


class DomainError(Exception):
    """An expected failure. `str(error)` says what happened and what to do next, and holds no secret."""

    code = "failed"
    retryable = False


class Invalid(DomainError):
    """The caller's input can't be used."""

    code = "invalid"


class NotFound(DomainError):
    """What the caller named does not exist, or is not theirs to see."""

    code = "not_found"


class Denied(DomainError):
    """The caller may not do this."""

    code = "denied"


class Unavailable(DomainError):
    """A part outside this process is down or busy."""

    code = "unavailable"
    retryable = True

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds after which asking again makes sense, where known."""


class WiringError(Exception):
    """Seedbed is put together wrongly; the text names the place and the mend."""

    def __init__(self, message: str, *, clause: str | None = None) -> None:
        super().__init__(message)
        self.clause = clause
        """The clause of the security standard that a server breaks by it."""
