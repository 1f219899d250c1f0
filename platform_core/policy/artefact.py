"""What the reviews produce and everybody enforces: one signed policy per server and environment."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from platform_core.policy.expression import Expression, Names

Risk = Literal["low", "cost", "change"]
DataClass = Literal["public", "internal", "restricted"]
Environment = Literal["dev", "production"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]

EVERYBODY = "*"
"""In a business-group list: whoever holds a token of the platform, contractors included."""

BROWSE = "browse"
"""The one policy name whose tools the wider list opens (R8)."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reach(_Frozen):
    """From where a server may be reached at all."""

    surfaces: Names


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
