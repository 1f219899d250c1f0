"""On the mesh: a workload carries a person's call with the person's token, or makes a listed call of its own."""

from typing import Any

import pytest

from tests.platform_core.issuer import token
from tests.platform_core.open_shop import OpenShop, answer_of, message, wire
from tests.platform_core.plain_http import Answer
from tests.platform_core.shop.diary import diary
from tests.platform_core.shop.wish import the_wish
from tests.platform_core.visits import Era, both_eras, records

MESH = "spiffe://seedbed.internal"
BILLING, BOT = f"{MESH}/production/service/billing", f"{MESH}/production/chat-bot"
LOOK: dict[str, Any] = {"name": "look", "arguments": {"thing": "vase"}}
LISTED: dict[str, Any] = {
    "spiffe_id": BILLING, "tools": ["look"], "expires": 2**40, "reason": "the monthly run", "owner": "billing"
}  # fmt: skip


def seen(uri: str) -> tuple[str, str]:
    return "x-forwarded-client-cert", f"By={MESH}/gateway;Hash=00;URI={uri}"


def ask(shop: OpenShop, era: Era, *headers: tuple[str, str], method: str = "tools/call", **params: Any) -> Answer:
    """One message with these headers, by hand."""
    return shop.post(message(method, params, era=era), [*headers, *wire(method, params.get("name"), era=era)])


def serving(discovery: str = "person") -> Any:
    surfaces = {"surfaces": ["cli", "chat-bot"], "discovery": discovery}
    return the_wish(services=[LISTED], reach=surfaces)


@both_eras
def test_a_listed_service_calls_its_tool_and_its_record_names_no_person(shop: OpenShop, era: Era) -> None:
    shop.policy = serving()
    answer = ask(shop, era, seen(BILLING), **LOOK)
    assert answer.status_code == 200
    assert not answer_of(answer)["result"].get("isError")
    (record,) = records(shop.kept)
    assert (record.user, record.client, record.surface, record.workload) == (None, None, "service", BILLING)
    assert (record.outcome, record.rule) == ("ok", "shop/service")


@both_eras
def test_it_calls_nothing_else(shop: OpenShop, era: Era) -> None:
    shop.policy = serving("service")
    for tool, arguments in (("buy", {"thing": "vase"}), ("paint", {"colour": "red"}), ("walk", {"steps": 1})):
        answer = answer_of(ask(shop, era, seen(BILLING), name=tool, arguments=arguments))
        assert answer["result"]["structuredContent"]["rule"] == "shop/service"
    assert diary.lines == []


@both_eras
@pytest.mark.parametrize("uri", [f"{MESH}/production/service/audit", BOT, f"{MESH}/dev/service/billing"])
def test_a_service_that_is_not_listed_is_refused_at_connect(shop: OpenShop, era: Era, uri: str) -> None:
    shop.policy = serving("service")
    answer = ask(shop, era, seen(uri), **LOOK)
    assert (answer.status_code, answer.json()["rule"]) == (403, "shop/service")
    (record,) = records(shop.kept, "connect")
    assert (record.user, record.workload, record.outcome) == (None, uri, "denied")
    assert diary.lines == []


@both_eras
@pytest.mark.parametrize(("discovery", "sees"), [("person", None), ("service", ["look"])])
def test_what_a_service_sees_is_what_it_may_call(
    shop: OpenShop, era: Era, discovery: str, sees: list[str] | None
) -> None:
    shop.policy = serving(discovery)
    answer = answer_of(ask(shop, era, seen(BILLING), method="tools/list"))
    if sees is None:
        assert answer["error"]["data"]["rule"] == "shop/discovery"
    else:
        assert [tool["name"] for tool in answer["result"]["tools"]] == sees


@both_eras
def test_token_and_certificate_together_are_a_persons_call(shop: OpenShop, era: Era) -> None:
    shop.policy = serving()
    person = [("authorization", f"Bearer {token('ana', azp='seedbed-chat-bot')}"), ("x-forwarded-user", "ana")]
    answer = ask(shop, era, *person, seen(BOT), ("x-seedbed-channel", "C-FINANCE"), **LOOK)
    assert not answer_of(answer)["result"].get("isError")
    (record,) = records(shop.kept)
    assert (record.user, record.surface, record.channel, record.workload) == ("ana", "chat-bot", "C-FINANCE", BOT)


@both_eras
def test_a_listed_services_certificate_gives_a_person_nothing(shop: OpenShop, era: Era) -> None:
    shop.policy = serving()
    for login in ("ana", "carl"):
        person = [("authorization", f"Bearer {token(login)}"), ("x-forwarded-user", login)]
        answer = ask(shop, era, *person, seen(BILLING), **LOOK)
        assert (answer.status_code, answer.json()["rule"]) == (403, "shop/client")
    assert diary.lines == []


@pytest.mark.parametrize(
    "certificate", [f"URI={BILLING};URI={BOT}", "URI=spiffe://evil.test/production/service/billing", "Hash=00", ""]
)
def test_a_certificate_that_names_nobody_clearly_is_refused(shop: OpenShop, certificate: str) -> None:
    shop.policy = serving("service")
    answer = ask(shop, "auto", ("x-forwarded-client-cert", certificate), **LOOK)
    assert (answer.status_code, answer.json()["rule"]) == (403, "shop/workload")
    assert answer.json()["code"] == "client_not_allowed"


def test_two_certificates_are_nobodys(shop: OpenShop) -> None:
    shop.policy = serving("service")
    assert ask(shop, "auto", seen(BILLING), seen(BILLING), **LOOK).status_code == 401


def test_a_channel_from_somebody_who_may_not_vouch_is_refused(shop: OpenShop) -> None:
    person = [("authorization", f"Bearer {token('ana')}"), ("x-forwarded-user", "ana")]
    answer = ask(shop, "auto", *person, ("x-seedbed-channel", "C-FINANCE"), **LOOK)
    assert (answer.status_code, answer.json()["rule"]) == (403, "shop/client")
    assert diary.lines == []
