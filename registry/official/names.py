"""What the outside calls our servers: by our domain in reverse, then the server's own name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Namespace:
    """Every name that this registry gives: `internal.seedbed/presto` in the trust domain `seedbed.internal`."""

    reverse: str

    @classmethod
    def of(cls, trust_domain: str) -> "Namespace":
        # A trust domain may hold `_`, a name of the registry's format may not.
        return cls(".".join(reversed(trust_domain.replace("_", "-").split("."))))

    def full(self, server: str) -> str:
        return f"{self.reverse}/{server}"

    def server(self, full: str) -> str | None:
        """The server that `full` names, if it is one of ours."""
        reverse, _, server = full.partition("/")
        return server if reverse == self.reverse and server else None

    @property
    def extensions(self) -> str:
        """Below `/v0.1/x/` and this stands what only we have."""
        return f"{self.reverse}.registry"

    @property
    def governance(self) -> str:
        """Under this key stands what only we say of a server."""
        return f"{self.extensions}/governance"
