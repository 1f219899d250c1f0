"""What is handed in for one server, and the tickets that have to be decided before it is live."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from platform_core.canonical import digest
from platform_core.policy.artefact import Environment
from platform_core.registration.contract import Contract, Registration
from platform_core.registration.manifest import Manifest
from registry.reviews.narrowing import Narrowing

ENVIRONMENT: Environment = "production"
"""Reviews are for production. An experiment in `dev` needs none."""
Kind = Literal["security", "legal", "genai"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TicketState = Literal["open", "granted", "refused", "not_applicable"]
State = Literal["open", "granted", "live", "refused", "superseded"]
"""`granted`: every ticket is given, and the policy is being signed."""
Why = Literal["new", "changed", "renewal"]
Text = Annotated[str, Field(max_length=2_000)]
Link = Annotated[str, Field(max_length=500, pattern=r"^https?://[^\s]+$")]

NAMES: Mapping[Kind, str] = MappingProxyType({"security": "Security", "legal": "Legal, Privacy", "genai": "GenAI"})
"""Kinds as people call them."""
_PREFIX: Mapping[Kind, str] = MappingProxyType({"security": "SEC", "legal": "LEG", "genai": "AI"})


class Scan(BaseModel):
    """What a scanner of packages and images found, as the pipeline tells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Annotated[str, Field(min_length=1, max_length=100)]
    at: AwareDatetime
    critical: Annotated[int, Field(ge=0)]
    high: Annotated[int, Field(ge=0)]
    medium: Annotated[int, Field(ge=0)]


class Answers(BaseModel):
    """What only the owner can say of a server. None of it has a default: a question that nobody read has no answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_inside: bool
    """The server asks a model itself."""
    strange_text: bool
    """Its answers hold text that people outside the owner's team wrote."""
    sends_out: bool
    """A tool sends something to people or machines outside the platform."""
    personal_data: bool
    """It shows or keeps data of persons."""
    notes: Text = ""
    scan: Scan | None = None

    @property
    def genai(self) -> bool:
        """Whether the GenAI review applies."""
        return self.model_inside or self.strange_text or self.sends_out


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One kind of review of one submission."""

    name: str
    kind: Kind
    state: TicketState = "open"
    link: str | None = None
    reviewer: str | None = None
    reason: str | None = None
    narrowing: Narrowing = field(default_factory=Narrowing)
    decided_at: float | None = None

    @property
    def given(self) -> bool:
        return self.state in ("granted", "not_applicable")


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What lists show of a submission."""

    id: int
    server: str
    title: str
    owner: str
    server_version: str
    state: State
    why: Why
    submitted_by: str
    submitted_at: float
    contract_digest: str
    tickets: tuple[Ticket, ...]
    closed_at: float | None
    version: int | None
    """Of the policy that came of it."""

    def ticket(self, kind: Kind) -> Ticket | None:
        return next((ticket for ticket in self.tickets if ticket.kind == kind), None)


@dataclass(frozen=True, kw_only=True)
class Submission(Outline):
    """What was handed in, with its tickets as they stand."""

    registration: Registration
    answers: Answers

    @property
    def manifest(self) -> Manifest:
        return self.registration.manifest

    @property
    def contract(self) -> Contract:
        return self.registration.contract

    @property
    def narrowings(self) -> tuple[Narrowing, ...]:
        """Of the tickets that are given."""
        return tuple(ticket.narrowing for ticket in self.tickets if ticket.given)


def ticket_name(kind: Kind, submission: int) -> str:
    """`SEC-12`."""
    return f"{_PREFIX[kind]}-{submission}"


def set_aside(answers: Answers) -> Mapping[Kind, str]:
    """The kinds of review that do not apply by these answers, and why."""
    why = "the owner's answers: no model inside, no text of strangers, and nothing is sent out"
    return {} if answers.genai else {"genai": why}


def substance(registration: Registration, answers: Answers) -> str:
    """Digest of all that reviewers judge: what is the same can't be decided on twice. Summary, README and minutes are
    not in it."""
    manifest = registration.manifest
    proposes = manifest.proposes.model_dump(mode="json", by_alias=True)
    needs, who = manifest.model_dump(mode="json", include={"needs"}), [manifest.owner, manifest.how_to_ask]
    judged = {"contract": registration.contract.digest, "proposes": proposes, "needs": needs, "who": who}
    return digest(judged | {"answers": answers.model_dump(mode="json", exclude={"notes", "scan"})})
