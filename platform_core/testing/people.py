"""The handful of named people whom tests, the demo and the dev identity provider share."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from platform_core.auth.principal import Principal

SHIFT = 12 * 3600
"""Seconds that a test's principal is good for: it may be made when a long run of tests begins and used at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the made-up company's directory."""

    login: str
    name: str
    hint: str
    """What they show, in a few words."""
    employment: str
    groups: tuple[str, ...]
    business_groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def calling_from(self, surface: str = "cli", *, client: str = "seedbed-cli") -> Principal:
        """The principal that a fresh token of this person gives."""
        return Principal(
            subject=self.login,
            groups=frozenset(self.groups),
            business_groups=frozenset(self.business_groups),
            roles=frozenset(self.roles),
            employment=self.employment,
            client=client,
            surface=surface,
            token_id=f"test-{self.login}",
            expires_at=time.time() + SHIFT,
        )


_EVERYBODY = (
    Person(
        login="ana",
        name="Ana Alvarez",
        hint="data engineer: queries Presto",
        employment="employee",
        groups=("data-engineering", "finance-analytics"),
        business_groups=("finance",),
        roles=("analyst",),
    ),
    Person(
        login="bo",
        name="Bo Lindqvist",
        hint="support: finds and describes tables",
        employment="employee",
        groups=("support",),
        business_groups=("support",),
    ),
    Person(
        login="carl",
        name="Carl Okafor",
        hint="contractor at Acme: refused at the door",
        employment="contractor",
        groups=("vendor-acme",),
    ),
    Person(
        login="ada",
        name="Ada Moreau",
        hint="ads engineer",
        employment="employee",
        groups=("ads-engineering",),
        business_groups=("ads",),
        roles=("engineer",),
    ),
    Person(
        login="olu",
        name="Olu Adeyemi",
        hint="platform operator",
        employment="employee",
        groups=("platform", "registry-operators"),
        business_groups=("data-platform",),
        roles=("operator",),
    ),
    Person(
        login="sam",
        name="Sam Castillo",
        hint="security reviewer",
        employment="employee",
        groups=("security-review",),
        business_groups=("security",),
        roles=("reviewer",),
    ),
    Person(
        login="lea",
        name="Lea Brandt",
        hint="legal and privacy reviewer",
        employment="employee",
        groups=("legal-review",),
        business_groups=("legal",),
        roles=("reviewer",),
    ),
    Person(
        login="gia",
        name="Gia Romano",
        hint="GenAI reviewer",
        employment="employee",
        groups=("genai-review",),
        business_groups=("genai",),
        roles=("reviewer",),
    ),
    Person(
        login="tom",
        name="Tom Eriksen",
        hint="auditor",
        employment="employee",
        groups=("audit",),
        business_groups=("audit",),
        roles=("auditor",),
    ),
)

PEOPLE: Mapping[str, Person] = MappingProxyType({person.login: person for person in _EVERYBODY})
ROLE_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "operator": ("registry-operators",),
        "security-reviewer": ("security-review",),
        "legal-reviewer": ("legal-review",),
        "genai-reviewer": ("genai-review",),
        "auditor": ("audit",),
    }
)
"""Which of their groups has which role at the registry."""
