"""The handful of named people whom tests, the demo and the dev identity provider share."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from platform_core.auth.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the made-up company's directory."""

    login: str
    name: str
    employment: str
    groups: tuple[str, ...]
    business_groups: tuple[str, ...]
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
            expires_at=time.time() + 900,
        )


def _person(login: str, name: str, employment: str, groups: str, business: str, roles: str = "") -> tuple[str, Person]:
    return login, Person(
        login=login,
        name=name,
        employment=employment,
        groups=tuple(groups.split()),
        business_groups=tuple(business.split()),
        roles=tuple(roles.split()),
    )


PEOPLE: Mapping[str, Person] = MappingProxyType(
    dict(
        [
            _person("ana", "Ana Duarte", "employee", "data-engineering finance-analytics", "finance", "analyst"),
            _person("bo", "Bo Lindqvist", "employee", "support", "support"),
            _person("carl", "Carl Meyer", "contractor", "vendor-acme", ""),
            _person("ada", "Ada Nwosu", "employee", "ads-engineering", "ads", "engineer"),
            _person("olu", "Olu Adeyemi", "employee", "platform registry-operators", "data-platform", "operator"),
            _person("sam", "Sam Rivera", "employee", "security-review", "security", "reviewer"),
        ]
    )
)
