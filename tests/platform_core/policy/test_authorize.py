"""What nobody put a policy before can't be published."""

import pytest

from platform_core.errors import WiringError
from platform_core.policy.authorize import authorize_tool, policy_of


async def bare() -> str:
    """Do something."""
    return "done"


def test_the_decorator_names_the_policy_and_changes_nothing_else() -> None:
    @authorize_tool(policy="browse")
    async def look() -> str:
        """Look."""
        return "seen"

    assert policy_of(look, kind="tool") == "browse"
    assert (look.__name__, look.__doc__) == ("look", "Look.")


@pytest.mark.parametrize("kind", ["tool", "resource", "prompt"])
def test_without_it_the_refusal_says_what_to_write_and_where(kind: str) -> None:
    with pytest.raises(WiringError) as refused:
        policy_of(bare, kind=kind)
    assert f"the {kind} bare has no policy" in str(refused.value)
    assert f"@authorize_tool(policy=...) under @server.{kind}()" in str(refused.value)
    assert "server.yaml" in str(refused.value)


@pytest.mark.parametrize("policy", [None, True, 7, ["browse"]])
def test_a_policy_that_is_not_a_name_is_none(policy: object) -> None:
    async def look() -> str:
        return "seen"

    with pytest.raises(WiringError):
        policy_of(authorize_tool(policy=policy)(look), kind="tool")  # type: ignore[arg-type]
