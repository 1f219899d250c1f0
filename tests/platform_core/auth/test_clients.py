"""A token is believed at the one place that its client belongs to: environment, listener, workload."""

from typing import Any

import pytest
from pydantic import ValidationError

from platform_core.auth.clients import CLIENTS, OAuthClient
from platform_core.auth.tokens import Verifier
from tests.platform_core.auth.verifying import Keys, a_verifier, turned_away
from tests.platform_core.issuer import token

CHAT = "spiffe://seedbed.internal/production/web-chat"
BOT = "spiffe://seedbed.internal/production/chat-bot"
OF_PRODUCTION = sorted(client for client, known in CLIENTS.items() if known.environment == "production")
OF_DEV = sorted(set(CLIENTS) - set(OF_PRODUCTION))


@pytest.mark.parametrize("client", ["seedbed", "SEEDBED-CLI", "seedbed-cli ", "presto", "cli"])
def test_a_client_that_is_not_ours_reaches_nothing(verifier: Verifier, client: str) -> None:
    assert "azp" in turned_away(verifier, token(azp=client))
    assert "azp" in turned_away(verifier, token(azp=client), workload=CHAT)


@pytest.mark.parametrize("client", OF_DEV)
def test_a_token_of_dev_is_nothing_in_production(verifier: Verifier, client: str) -> None:
    mine = CLIENTS[client].spiffe_id(verifier.trust_domain)
    assert "belongs to dev, and this is production" in turned_away(verifier, token(azp=client), workload=mine)


@pytest.mark.parametrize("client", OF_PRODUCTION)
def test_a_token_of_production_is_nothing_in_dev(keys: Keys, client: str) -> None:
    dev = a_verifier(keys, environment="dev")
    mine = CLIENTS[client].spiffe_id(dev.trust_domain)
    assert "belongs to production, and this is dev" in turned_away(dev, token(azp=client), workload=mine)


@pytest.mark.parametrize("client", OF_DEV)
def test_a_token_of_dev_is_believed_in_dev(keys: Keys, client: str) -> None:
    dev, known = a_verifier(keys, environment="dev"), CLIENTS[client]
    who = dev.verify(token(azp=client), workload=known.spiffe_id(dev.trust_domain))
    assert (who.client, who.surface) == (client, known.surface)


@pytest.mark.parametrize("client", OF_PRODUCTION)
def test_every_client_is_believed_with_its_own_workload_and_no_other(verifier: Verifier, client: str) -> None:
    own = CLIENTS[client].spiffe_id(verifier.trust_domain)
    assert verifier.verify(token(azp=client), workload=own).workload == own
    others = {CHAT, BOT, None, "spiffe://seedbed.internal/dev/web-chat", "spiffe://seedbed.internal/gateway", ""} - {
        own
    }
    for workload in others:
        assert "this way in" in turned_away(verifier, token(azp=client), workload=workload)


@pytest.mark.parametrize(
    "workload",
    [
        *("spiffe://evil.test/production/web-chat", CHAT + "/", CHAT + "/x", CHAT.upper(), "/production/web-chat"),
        *("spiffe://seedbed.internal//production/web-chat", "https://seedbed.internal/production/web-chat"),
    ],
)
def test_a_workload_of_almost_the_same_name_is_another(verifier: Verifier, workload: str) -> None:
    assert turned_away(verifier, token(azp="seedbed-web-chat"), workload=workload)


def test_only_a_surface_that_may_vouch_says_in_which_channel_a_person_speaks(verifier: Verifier) -> None:
    who = verifier.verify(token(azp="seedbed-chat-bot"), workload=BOT, channel="C-finance")
    assert (who.surface, who.channel) == ("chat-bot", "C-finance")
    assert verifier.verify(token(azp="seedbed-chat-bot"), workload=BOT).channel is None
    assert "channel" in turned_away(verifier, token(azp="seedbed-web-chat"), workload=CHAT, channel="C-finance")
    assert "channel" in turned_away(verifier, token(), channel="C-finance")


def test_what_was_believed_of_one_way_in_is_not_remembered_for_another(verifier: Verifier) -> None:
    chat, bot = token(azp="seedbed-web-chat"), token(azp="seedbed-chat-bot")
    for _ in range(2):
        assert verifier.verify(chat, workload=CHAT).workload == CHAT
        assert turned_away(verifier, chat)
        assert turned_away(verifier, chat, workload=BOT)
        assert {verifier.verify(bot, workload=BOT, channel=c).channel for c in ("A", "B", None)} == {"A", "B", None}


def test_a_refused_client_is_told_nothing_of_its_token(verifier: Verifier) -> None:
    bearer = token(azp="x")
    assert not any(segment in turned_away(verifier, bearer) for segment in bearer.split("."))


def test_another_issuers_clients_are_a_table_of_settings(keys: Keys) -> None:
    mine = {"chat": OAuthClient(surface="web-chat", listener="mesh", workload="/prod/chat")}
    other = a_verifier(keys, clients=mine, trust_domain="corp.example")
    assert other.verify(token(azp="chat"), workload="spiffe://corp.example/prod/chat").surface == "web-chat"
    assert turned_away(other, token(azp="chat"), workload="spiffe://seedbed.internal/prod/chat")
    assert turned_away(other, token(azp="seedbed-cli"))


# -- the table


@pytest.mark.parametrize(
    "facts",
    [
        {"listener": "mesh"},
        {"listener": "edge", "workload": "/production/chat"},
        {"workload": "/production/chat"},
        {"vouches_for_channel": True},
        {"listener": "edge", "vouches_for_channel": True},
        {"listener": "mesh", "workload": "production/chat"},
        {"listener": "mesh", "workload": "spiffe://evil.test/x"},
        {"listener": "mesh", "workload": "/Production"},
        {"listener": "mesh", "workload": ""},
        {"environment": "staging"},
        {"listener": "both"},
        {"groups": ["finance"]},
    ],
)
def test_a_client_that_belongs_nowhere_clearly_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OAuthClient.model_validate({"surface": "chat"} | facts)


def test_a_client_is_of_production_and_the_edge_unless_it_says_otherwise() -> None:
    client = OAuthClient(surface="chat")
    assert (client.environment, client.listener, client.workload) == ("production", "edge", None)
    assert client.spiffe_id("seedbed.internal") is None
    assert not client.vouches_for_channel
