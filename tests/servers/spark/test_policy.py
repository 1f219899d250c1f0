"""What the server asks its reviews for: all that it has, and the bot in the channels of Airflow support alone (R17)."""

from dataclasses import replace

import pytest

from platform_core.experiment import draft
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.decide import Target, decide
from platform_core.testing import PEOPLE
from servers.spark.server import server


@pytest.mark.parametrize(
    ("surface", "channel", "allowed"),
    [
        ("chat-bot", "#airflow-support", True),
        ("chat-bot", "#random", False),
        ("chat-bot", "#spark-oncall", False),
        ("chat-bot", None, False),
        ("web-chat", None, True),
        ("cli", None, True),
    ],
)
def test_the_bot_answers_in_its_channels_alone(surface: str, channel: str | None, allowed: bool) -> None:
    who = replace(PEOPLE["ana"].calling_from(surface), channel=channel)
    target = Target("tools/call", "diagnose_application")
    assert decide(reviewed(), who, target, now=reviewed().issued_at).allow is allowed


def reviewed() -> PolicyArtefact:
    """The policy of production at its widest: reviews narrow this wish and never widen it."""
    return draft(server.manifest, server.contract(), environment="production", version=1, days=1)


def test_the_wish_knows_every_tool_resource_and_prompt() -> None:
    contract, policy = server.contract(), reviewed()
    assert {name: tool.policy for name, tool in contract.tools.items()} == {
        name: rule.policy for name, rule in policy.tools.items()
    }
    assert set(policy.resources) == set(contract.resources)
    assert set(policy.prompts) == set(contract.prompts)
