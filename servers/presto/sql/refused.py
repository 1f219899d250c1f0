"""The guard's no."""

from platform_core.errors import Invalid


class Refused(Invalid):
    """`rule` names the part of the guard that spoke."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
