"""What the reviews produce and everybody enforces: one signed policy per server and environment."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from platform_core.auth.clients import Environment
from platform_core.policy.expression import Expression, Names, Unordered

Risk = Literal["low", "cost", "change"]
DataClass = Literal["public", "internal", "restricted"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
SpiffeId = Annotated[str, Field(pattern=r"^spiffe://[a-z0-9._-]+(/[A-Za-z0-9._-]+)+$", max_length=2048)]

EVERYBODY = "*"
"""In a business-group list: whoever holds a token of the platform, contractors included."""

BROWSE = "browse"
"""The one policy name whose tools the wider list opens (R8)."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reach(_Frozen):
    """From where a server may be reached at all."""

    surfaces: Names
    groups: Unordered = ()
    """Where given, one of these groups of the directory is needed, whatever else opens the server."""
    channels: dict[str, Names] = {}
    """Surface to channels: a surface named here opens the server in these channels alone."""
    discovery: Literal["person", "service"] = "person"
    """Whether a listed service may open and list the server without a person's token (R53)."""


class Gate(_Frozen):
    """Who may open the server: one of these business groups, decided at review and nowhere else."""

    business_groups: Names
    browse: tuple[str, ...] = ()
    """A second, wider list: it opens the server for tools of policy `browse` alone."""


class ToolRule(_Frozen):
    """What a review fixed for one tool."""

    policy: str
    risk: Risk
    data_class: DataClass

    @property
    def sensitive(self) -> bool:
        """The tool changes data, or shows a restricted class of it: the proxy has a rule of its own for it."""
        return self.risk == "change" or self.data_class == "restricted"


class ServiceCaller(_Frozen):
    """A workload that may call some tools for itself: who, what, why, who answers for it, and until when."""

    spiffe_id: SpiffeId
    tools: tuple[ToolName, ...] = ()
    resources: tuple[str, ...] = ()
    """URIs or URI templates, as the server publishes them."""
    reason: Annotated[str, Field(min_length=1)]
    owner: Annotated[str, Field(min_length=1)]
    expires: int
    """Seconds since the epoch."""

    @model_validator(mode="after")
    def _is_for_something(self) -> "ServiceCaller":
        if not self.names:
            raise ValueError(f"{self.spiffe_id} is listed for nothing: name tools or resources")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """All that it may use."""
        return (*self.tools, *self.resources)


class Review(_Frozen):
    """The human decision that stands behind an artefact."""

    kind: str
    reviewer: str
    ticket: str


class PolicyArtefact(_Frozen):
    """Policy of one server in one environment. Times are whole seconds since the epoch."""

    format: Literal[1] = 1
    server: Name
    environment: Environment
    version: Annotated[int, Field(ge=1)]
    issued_at: int
    not_after: int
    contract_digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    reviews: tuple[Review, ...]
    reach: Reach
    gate: Gate
    policies: dict[str, Expression]
    tools: dict[ToolName, ToolRule]
    resources: dict[str, str] = {}
    """URI or URI template to policy name."""
    prompts: dict[str, str] = {}
    """Prompt name to policy name."""
    services: tuple[ServiceCaller, ...] = ()
    """Who may call without a person: no group, no surface and no named policy lets a service in."""
    how_to_ask: str
    """One line for a person who is refused: whom to ask, where."""

    @model_validator(mode="after")
    def _names_exist(self) -> "PolicyArtefact":
        named = (
            {rule.policy for rule in self.tools.values()} | set(self.resources.values()) | set(self.prompts.values())
        )
        if missing := sorted(named - set(self.policies)):
            raise ValueError(f"policies nobody defined: {', '.join(missing)}")
        if self.not_after <= self.issued_at:
            raise ValueError("not_after must be later than issued_at")
        return self

    @model_validator(mode="after")
    def _services_only_read(self) -> "PolicyArtefact":
        for service in self.services:
            if unknown := sorted(set(service.resources) - set(self.resources)):
                raise ValueError(f"{service.spiffe_id} may not have resources that there are not: {', '.join(unknown)}")
            for name in service.tools:
                rule = self.tools.get(name)
                if rule is None or rule.risk != "low" or rule.data_class == "restricted":
                    raise ValueError(
                        f"{service.spiffe_id} may not have the tool {name}: a service calls listed tools of risk low "
                        "that show nothing restricted"
                    )
        return self

    @model_validator(mode="after")
    def _channels_belong_to_open_surfaces(self) -> "PolicyArtefact":
        if closed := sorted(set(self.reach.channels) - set(self.reach.surfaces)):
            raise ValueError(f"channels of surfaces that reach does not open: {', '.join(closed)}")
        return self
