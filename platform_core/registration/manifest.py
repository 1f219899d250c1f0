"""`server.yaml`: the facts of a server, as a type. Nothing in it is code."""

from collections.abc import Hashable
from datetime import UTC, date, datetime, time
from importlib.resources import files
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from platform_core.errors import WiringError
from platform_core.policy.artefact import DataClass, Gate, Name, Reach, Risk, ServiceCaller, SpiffeId, ToolName
from platform_core.policy.expression import Expression, Names, Unordered

READABLE = "MCP-FACTS-1"
"""The clause that a `server.yaml` breaks by what the platform does not know."""
NeedKind = Literal["url", "text", "secret", "path"]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolFacts(_Fact):
    """What only the owner knows of a tool. Which policy it has stands in its decorator alone."""

    risk: Risk
    data_class: DataClass
    minutes: Annotated[float, Field(ge=0, le=480)]
    """Directional minutes that one successful call saves a person."""
    basis: Annotated[str, Field(min_length=3)]
    """How the same was done before: the reason for the minutes."""


class ServiceWish(_Fact):
    """A workload that is to call some tools without a person."""

    spiffe_id: SpiffeId
    tools: tuple[ToolName, ...] = ()
    resources: tuple[str, ...] = ()
    reason: Annotated[str, Field(min_length=1)]
    owner: Annotated[str, Field(min_length=1)]
    until: date
    """The last day, UTC."""

    @property
    def caller(self) -> ServiceCaller:
        end = datetime.combine(self.until, time.max, UTC)
        return ServiceCaller(
            spiffe_id=self.spiffe_id,
            tools=self.tools,
            resources=self.resources,
            reason=self.reason,
            owner=self.owner,
            expires=int(end.timestamp()),
        )


class Proposal(_Fact):
    """The owner's wish; the reviews decide."""

    surfaces: Names
    groups: Unordered = ()
    """Where given, one of these groups of the directory is needed, whatever else opens the server."""
    channels: dict[str, Names] = {}
    """Surface to channels: a surface named here opens the server in these channels alone."""
    discovery: Literal["person", "service"] = "person"
    """Whether a listed service may open and list the server without a person's token."""
    business_groups: Names
    browse: tuple[str, ...] = ()
    policies: dict[str, Expression]
    services: tuple[ServiceWish, ...] = ()

    @property
    def reach(self) -> Reach:
        return Reach(surfaces=self.surfaces, groups=self.groups, channels=self.channels, discovery=self.discovery)

    @property
    def gate(self) -> Gate:
        return Gate(business_groups=self.business_groups, browse=self.browse)


class Manifest(_Fact):
    """`server.yaml` of one server."""

    name: Name
    title: Annotated[str, Field(min_length=1, max_length=100)]
    summary: Annotated[str, Field(min_length=1, max_length=100)]
    """One line for people and catalogues."""
    owner: Annotated[str, Field(min_length=1)]
    """The team that answers for it."""
    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    """Where the owner can be asked."""
    needs: dict[str, dict[str, NeedKind]] = {}
    """What the backend wants: part -> setting -> kind; `render` makes Secret references of it."""
    proposes: Proposal
    tools: dict[ToolName, ToolFacts]

    @field_validator("channels", mode="before")
    @classmethod
    def _one_channel_is_a_list_too(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @property
    def how_to_ask(self) -> str:
        """One line for a person who is refused."""
        return f"ask {self.owner} in {self.channels[0]}"


class _Facts(yaml.SafeLoader):
    """YAML in which nothing stands twice: it would take the last one in silence, and a reviewer reads the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{name!r} stands twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


def read_manifest(package: str) -> Manifest:
    """Read `server.yaml` beside the code of `package`, or raise `WiringError` that names the line to mend."""
    source = files(package).joinpath("server.yaml")
    if not source.is_file():
        raise WiringError(f"{package} has no server.yaml beside its server.py", clause=READABLE)
    return parse_manifest(source.read_text("utf-8"), where=f"{package}/server.yaml")


def parse_manifest(text: str, *, where: str) -> Manifest:
    """Parse the text of a `server.yaml`; `where` names it in errors."""
    try:
        return Manifest.model_validate(_Facts(text).get_single_data())
    except yaml.YAMLError as error:
        raise WiringError(f"{where} can't be read as YAML: {error}", clause=READABLE) from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise WiringError(f"{where}: {faults}", clause=READABLE) from error
