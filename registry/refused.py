"""A request that the registry says no to, in the one shape that all parts of the platform use."""

from dataclasses import dataclass


@dataclass(eq=False, kw_only=True)
class Refused(Exception):
    """Why not, in words for a person and in a code for a program. `detail` holds no secret."""

    code: str
    rule: str
    detail: str
    how_to_ask: str | None = None
    server: str | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


def unknown_server(name: str, environment: str) -> Refused:
    return Refused(
        code="unknown_server",
        rule="registry/unknown-server",
        detail=f"no server {name} is registered in {environment}",
        server=name,
    )


def unknown_environment(environment: str) -> Refused:
    return Refused(
        code="unknown_environment",
        rule="registry/unknown-environment",
        detail=f"there is no environment {environment} here",
    )
