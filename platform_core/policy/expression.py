"""Who a policy means: any, all and not over facts of the caller."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, TypeGuard, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from platform_core.auth.principal import Principal


class _Term(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _are_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in cast("list[object]", value))


def _sorted(value: object) -> object:
    return sorted(set(value)) if _are_texts(value) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_sorted), BeforeValidator(_as_list), Field(min_length=1)]
"""One name or several, of which one is enough; kept sorted, so that equal policies have equal bytes."""

Unordered = Annotated[tuple[str, ...], BeforeValidator(_sorted), BeforeValidator(_as_list)]
"""The same, and possibly none."""


Kind = Literal["group", "business_group", "role", "employment", "surface", "channel"]
MEMBERSHIPS = frozenset[Kind](["group", "business_group", "role"])
"""Kinds of which somebody may have several; of each of the others it is one."""


class _Fact(_Term):
    """A term that asks about one kind of fact: its field is called after the kind."""

    kind: ClassVar[Kind]

    @property
    def names(self) -> tuple[str, ...]:
        """Of these, one is enough."""
        return getattr(self, self.kind)


class Group(_Fact):
    """One of these groups of the directory."""

    kind = "group"
    group: Names

    def holds(self, who: Principal) -> bool:
        return not who.groups.isdisjoint(self.group)


class BusinessGroup(_Fact):
    """One of these business groups."""

    kind = "business_group"
    business_group: Names

    def holds(self, who: Principal) -> bool:
        return not who.business_groups.isdisjoint(self.business_group)


class Role(_Fact):
    """One of these roles."""

    kind = "role"
    role: Names

    def holds(self, who: Principal) -> bool:
        return not who.roles.isdisjoint(self.role)


class Employment(_Fact):
    """One of these kinds of employment; "authenticated" alone grants nothing to contractors."""

    kind = "employment"
    employment: Names

    def holds(self, who: Principal) -> bool:
        return who.employment in self.employment


class Surface(_Fact):
    """Calling from one of these surfaces."""

    kind = "surface"
    surface: Names

    def holds(self, who: Principal) -> bool:
        return who.surface in self.surface


class Channel(_Fact):
    """Speaking in one of these channels, as a surface says that may vouch for it."""

    kind = "channel"
    channel: Names

    def holds(self, who: Principal) -> bool:
        return who.channel in self.channel


class AnyOf(_Term):
    """At least one term holds."""

    any: Annotated[tuple["Expression", ...], Field(min_length=1)]

    def holds(self, who: Principal) -> bool:
        return any(term.holds(who) for term in self.any)


class AllOf(_Term):
    """Every term holds."""

    all: Annotated[tuple["Expression", ...], Field(min_length=1)]

    def holds(self, who: Principal) -> bool:
        return all(term.holds(who) for term in self.all)


class Not(_Term):
    """The term does not hold."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    negated: "Expression" = Field(alias="not")

    def holds(self, who: Principal) -> bool:
        return not self.negated.holds(who)


_WORDS = ("group", "business_group", "role", "employment", "surface", "channel", "any", "all", "not")


def _word(value: object) -> str | None:
    if isinstance(value, dict):
        keys = list(cast("dict[str, object]", value))
        return keys[0] if len(keys) == 1 and keys[0] in _WORDS else None
    return _WORD_OF.get(type(value))


Expression = Annotated[
    Annotated[Group, Tag("group")]
    | Annotated[BusinessGroup, Tag("business_group")]
    | Annotated[Role, Tag("role")]
    | Annotated[Employment, Tag("employment")]
    | Annotated[Surface, Tag("surface")]
    | Annotated[Channel, Tag("channel")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[Not, Tag("not")],
    Discriminator(
        _word,
        custom_error_type="policy_term",
        custom_error_message=f"a policy term is one of {', '.join(_WORDS)}, alone: {{group: [a, b]}}",
    ),
]
"""A policy expression as it stands in `server.yaml` and in the artefact: `{all: [{business_group: [ads]}]}`."""

_WORD_OF: dict[type, str] = {
    Group: "group",
    BusinessGroup: "business_group",
    Role: "role",
    Employment: "employment",
    Surface: "surface",
    Channel: "channel",
    AnyOf: "any",
    AllOf: "all",
    Not: "not",
}

Fact = Group | BusinessGroup | Role | Employment | Surface | Channel


def facts(expression: Expression) -> Iterator[Fact]:
    """Every term in it that asks about a fact, however deep."""
    match expression:
        case AllOf(all=terms) | AnyOf(any=terms):
            for term in terms:
                yield from facts(term)
        case Not(negated=term):
            yield from facts(term)
        case _:
            yield expression


AnyOf.model_rebuild()
AllOf.model_rebuild()
Not.model_rebuild()
