"""What is closed at the proxy: servers and tools; of what is read, the server alone tells one from another."""

from gateway.compile.closed import Ruling, closed
from platform_core.policy.standing import Standing
from tests.platform_core.policies import a_policy, suspended


def test_a_suspended_resource_closes_neither_its_server_nor_a_tool() -> None:
    policy, one = a_policy(), {"server": "shop", "text": "shop://rules"}
    for entries, tools in (([one], {}), ([one, {"server": "shop", "tool": "look"}], {"suspended": ("look",)})):
        found = closed(policy, Ruling(standing=Standing(suspended(*entries))), now=0)
        assert (found.whole, found.tools) == (None, tools)
