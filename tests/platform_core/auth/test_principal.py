"""A principal is a fact about a caller: it can't be changed and can't be replayed."""

from dataclasses import FrozenInstanceError, fields

import pytest

from platform_core.auth.clients import CLIENTS
from platform_core.auth.principal import Principal
from platform_core.testing.people import PEOPLE


def test_a_principal_has_no_room_for_a_token() -> None:
    assert {field.name for field in fields(Principal)} == {
        "subject",
        "kind",
        "groups",
        "business_groups",
        "roles",
        "employment",
        "client",
        "surface",
        "channel",
        "workload",
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
    assert {(client, known.surface, known.environment, known.workload) for client, known in CLIENTS.items()} == {
        ("seedbed-registry", "registry", "production", None),
        ("seedbed-cli", "cli", "production", None),
        ("seedbed-probe", "probe", "production", None),
        ("seedbed-web-chat", "web-chat", "production", "/production/web-chat"),
        ("seedbed-chat-bot", "chat-bot", "production", "/production/chat-bot"),
        ("seedbed-cli-dev", "cli", "dev", None),
        ("seedbed-probe-dev", "probe", "dev", None),
        ("seedbed-web-chat-dev", "web-chat", "dev", "/dev/web-chat"),
        ("seedbed-chat-bot-dev", "chat-bot", "dev", "/dev/chat-bot"),
    }
    with pytest.raises(TypeError):
        CLIENTS["mine"] = CLIENTS["seedbed-cli"]  # type: ignore[index]
