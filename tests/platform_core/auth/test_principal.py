"""A principal is a fact about a caller: it can't be changed and can't be replayed."""

from dataclasses import FrozenInstanceError, fields

import pytest

from platform_core.auth.clients import PROBE, SURFACES
from platform_core.auth.principal import Principal
from platform_core.testing.people import PEOPLE


def test_a_principal_has_no_room_for_a_token() -> None:
    assert {field.name for field in fields(Principal)} == {
        "subject",
        "groups",
        "business_groups",
        "roles",
        "employment",
        "client",
        "surface",
        "token_id",
        "expires_at",
    }


def test_a_principal_does_not_change_and_takes_nothing_on() -> None:
    ana = PEOPLE["ana"].calling_from()
    with pytest.raises(FrozenInstanceError):
        ana.subject = "bo"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        ana.raw_token = "x"  # type: ignore[attr-defined]  # noqa: S105


def test_nobody_is_in_a_group_by_default() -> None:
    nobody = Principal(subject="x", client="seedbed-cli", surface="cli", expires_at=0)
    assert not nobody.groups | nobody.business_groups | nobody.roles
    assert nobody.employment == ""


def test_a_client_has_one_surface_and_the_table_is_closed() -> None:
    assert dict(SURFACES) == {"seedbed-cli": "cli", "seedbed-registry": "registry", PROBE: "probe"}
    with pytest.raises(TypeError):
        SURFACES["mine"] = "cli"  # type: ignore[index]
