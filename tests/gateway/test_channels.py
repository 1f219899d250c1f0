"""In which channel a person speaks is what the bot says: nobody else is heard on that, and rules may ask for it."""

from collections.abc import Callable

import pytest

from tests.gateway.artefacts import artefact
from tests.gateway.entry import Entry
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage
from tests.gateway.wire import refused

NAME = "x-seedbed-channel"
HERE = (NAME, "C-data")


@pytest.fixture(scope="module")
def chatty(stage: Stage) -> Stage:
    """A server that the bot opens in one channel alone, with a tool that is for another one."""
    spoken = {"all": [{"employment": "employee"}, {"channel": ["C-ops", "C-data"]}]}
    both = {"surfaces": ["cli", "web-chat", "chat-bot"], "channels": {"chat-bot": ["C-data", "C-other"]}}
    policies = {"browse": {"employment": "employee"}, "query": {"employment": "employee"}, "change": spoken}
    policies = artefact().model_dump(by_alias=True)["policies"] | policies
    stage.desk.put(artefact(server="chatty", reach=both, policies=policies))
    for entry in (stage.edge(), stage.web_chat()):
        eventually(lambda entry=entry: entry.call("find", server="chatty").status == 200, "the server is open")
    return stage


CALLERS: dict[str, Callable[[Stage], Entry]] = {
    "the edge": lambda stage: stage.edge(),
    "the chat": lambda stage: stage.web_chat(),
    "the edge of dev": lambda stage: stage.edge("dev"),
    "the chat of dev": lambda stage: stage.web_chat("dev"),
}


@pytest.mark.parametrize("who", CALLERS)
def test_a_channel_that_is_claimed_without_a_right_is_gone(stage: Stage, who: str) -> None:
    for claims in ([HERE], [HERE, HERE], [("X-Seedbed-Channel", "C-data"), HERE]):
        assert NAME not in CALLERS[who](stage).call("find", *claims).seen


@pytest.mark.parametrize("environment", ["production", "dev"])
def test_what_the_bot_says_arrives(stage: Stage, environment: str) -> None:
    assert stage.chat_bot(environment).call("find", HERE).seen[NAME] == ["C-data"]
    assert NAME not in stage.chat_bot(environment).call("find").seen


def test_the_bot_of_one_environment_says_nothing_in_the_other(stage: Stage) -> None:
    foreign = stage.mesh("/dev/chat-bot", client="seedbed-chat-bot")
    assert refused(foreign.call("find", HERE), 403, "client_not_allowed")


@pytest.mark.parametrize("values", [("C-data", "C-data"), ("C-data", "C-ops"), ("C-data,C-ops",)])
def test_the_bot_says_one_channel(stage: Stage, values: tuple[str, ...]) -> None:
    reply = stage.chat_bot().call("find", *[(NAME, value) for value in values])
    assert refused(reply, 400, "malformed")
    assert reply.body["rule"] == "once"


def test_nobody_speaks_in_a_channel_without_a_person(stage: Stage) -> None:
    assert refused(stage.chat_bot().call("find", HERE, who=None), 401, "unauthenticated")


def test_an_underscore_does_not_hide_a_channel(stage: Stage) -> None:
    assert stage.chat_bot().call("find", ("x_seedbed_channel", "C-data")).status == 400


def test_a_surface_that_is_bound_to_channels_is_open_there_alone(chatty: Stage) -> None:
    bot = chatty.chat_bot()
    assert bot.call("find", HERE, server="chatty").status == 200
    for elsewhere in ([], [(NAME, "C-random")], [(NAME, "c-data")], [(NAME, "C-data2")]):
        assert refused(bot.call("find", *elsewhere, server="chatty"), 403, "authorization_denied")
    assert chatty.web_chat().call("find", server="chatty").status == 200, "another surface is not bound"


def test_a_rule_that_asks_for_a_channel_believes_the_bot_alone(chatty: Stage) -> None:
    assert chatty.chat_bot().call("drop", HERE, server="chatty").status == 200
    assert chatty.chat_bot().call("drop", (NAME, "C-other"), server="chatty").status == 403
    assert chatty.web_chat().call("drop", HERE, server="chatty").status == 403
    assert chatty.edge().call("drop", HERE, server="chatty").status == 403
