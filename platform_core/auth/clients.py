"""Where an OAuth client belongs: its surface, its environment, its listener; one that is not listed reaches nothing."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Environment = Literal["dev", "production"]
Listener = Literal["edge", "mesh"]


class OAuthClient(BaseModel):
    """What a token's client (`azp`) may be believed for, and nowhere else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    surface: str
    environment: Environment = "production"
    listener: Listener = "edge"
    workload: Annotated[str, Field(pattern=r"^/[a-z0-9./-]+$")] | None = None
    """Path of the SPIFFE id that alone may present its tokens on the mesh."""
    vouches_for_channel: bool = False
    """Whether its workload says truthfully in which channel a person speaks."""

    @model_validator(mode="after")
    def _belongs_to_one_side(self) -> "OAuthClient":
        if (self.listener == "mesh") is not (self.workload is not None):
            raise ValueError("a client of the mesh has a workload, a client of the edge has none")
        if self.vouches_for_channel and self.workload is None:
            raise ValueError("only a workload of the mesh can vouch for a channel")
        return self

    def spiffe_id(self, trust_domain: str) -> str | None:
        """The identity that carries this client's calls; None for a client of the edge."""
        return f"spiffe://{trust_domain}{self.workload}" if self.workload else None


Clients = Mapping[str, OAuthClient]
"""OAuth client id to where it belongs."""

PROBE = "probe"
"""The surface of the registry's own eye: it may list everything and call nothing."""


def _of(environment: Environment, suffix: str) -> dict[str, OAuthClient]:
    return {
        f"seedbed-cli{suffix}": OAuthClient(surface="cli", environment=environment),
        f"seedbed-probe{suffix}": OAuthClient(surface=PROBE, environment=environment),
        f"seedbed-web-chat{suffix}": OAuthClient(
            surface="web-chat", environment=environment, listener="mesh", workload=f"/{environment}/web-chat"
        ),
        f"seedbed-chat-bot{suffix}": OAuthClient(
            surface="chat-bot", environment=environment, listener="mesh", workload=f"/{environment}/chat-bot",
            vouches_for_channel=True,
        ),
    }  # fmt: skip


CLIENTS: Clients = MappingProxyType(
    {"seedbed-registry": OAuthClient(surface="registry"), **_of("production", ""), **_of("dev", "-dev")}
)
"""The clients of this platform, where the settings name no others."""
