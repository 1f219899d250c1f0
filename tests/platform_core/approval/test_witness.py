"""The table of who may witness, row by row."""

from dataclasses import replace

import pytest

from platform_core.approval.witness import way_of
from platform_core.auth.clients import CLIENTS
from platform_core.auth.principal import Principal
from platform_core.policy.artefact import Risk
from platform_core.testing import PEOPLE
from tests.platform_core.approval.asking import from_chat

ANA = PEOPLE["ana"].calling_from()
SERVICE = Principal.service("spiffe://seedbed.internal/production/web-chat")


@pytest.mark.parametrize("risk", ["low", "cost"])
@pytest.mark.parametrize("who", [ANA, from_chat(environment="production")])
def test_what_can_be_undone_is_asked_in_a_form_or_by_a_link(risk: Risk, who: Principal) -> None:
    assert way_of(risk, who, "production", form=True) == "form"
    assert way_of(risk, who, "production", form=False) == "page"


@pytest.mark.parametrize("surface", ["web-chat", "chat-bot"])
def test_our_own_surface_may_show_the_form_for_a_change(surface: str) -> None:
    who = from_chat(surface=surface, environment="production")
    assert way_of("change", who, "production", form=True) == "form"
    assert way_of("change", who, "production", form=False) == "page"
    assert way_of("change", who, "dev", form=True) == "page"


@pytest.mark.parametrize("client", CLIENTS)
def test_a_token_alone_is_never_a_witness_of_a_change(client: str) -> None:
    who = replace(ANA, client=client, surface=CLIENTS[client].surface)
    assert way_of("change", who, "production", form=True) == "page"
    assert way_of("change", replace(who, workload=SERVICE.workload), "production", form=True) == (
        "form" if who.surface == "web-chat" else "page"
    )


def test_a_service_is_no_witness_under_any_name() -> None:
    assert way_of("change", replace(SERVICE, surface="web-chat"), "production", form=True) == "page"
