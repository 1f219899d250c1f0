"""The named people of the development machine, and what a token says of each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from platform_core.testing import people

Claims = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(people.Person):
    """One person as the provider's library wants to see them."""

    def get_user_id(self) -> str:
        """The subject of this person's tokens, under the name Authlib asks for."""
        return self.login

    def claims(self) -> Claims:
        """What an access token says of this person beyond `sub`."""
        return {
            "groups": list(self.groups),
            "business_groups": list(self.business_groups),
            "roles": list(self.roles),
            "employment": self.employment,
        }


SERVICE_CLAIMS: Mapping[str, str | list[str]] = {
    "groups": [],
    "business_groups": [],
    "roles": [],
    "employment": "service",
}
"""What an access token says of a program that acts for nobody."""


def load_people() -> dict[str, Person]:
    """Everybody whom tests, the demo and this provider share, by login."""
    return {login: Person(**asdict(person)) for login, person in people.PEOPLE.items()}
