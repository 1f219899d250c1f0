"""The named people of the development machine, and what a token says of each."""

from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

Login = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.-]{0,31}$")]
Claims = dict[str, str | list[str]]


class Person(BaseModel):
    """One person as the directory knows them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    login: Login
    name: str
    hint: str
    employment: Literal["employee", "contractor"]
    groups: tuple[str, ...]
    business_groups: tuple[str, ...]
    roles: tuple[str, ...]

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
    """Everybody in `people.yaml`, by login, in the order of the file."""
    text = resources.files("deploy.local.identity").joinpath("people.yaml").read_text("utf-8")
    entries = TypeAdapter(dict[Login, dict[str, object]]).validate_python(yaml.safe_load(text))
    return {login: Person.model_validate({"login": login, **entry}) for login, entry in entries.items()}
