"""What a listener answers to."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.gateway.examples import example_compiler

DOOR = example_compiler(Path("/srv/seedbed"), 7301).door


@pytest.mark.parametrize(
    ("base", "domain", "authority"),
    [
        ("https://mcp.example", "mcp.example", "mcp.example"),
        ("http://127.0.0.1:7301", "127.0.0.1", "127.0.0.1:7301"),
        ("http://[::1]:7301", "[::1]", "[::1]:7301"),
    ],
)
def test_a_door_answers_to_the_host_of_its_base_url(base: str, domain: str, authority: str) -> None:
    door = replace(DOOR, base=base)
    assert (door.domain, door.authority) == (domain, authority)


def test_a_door_is_named_for_its_environment_and_side() -> None:
    assert DOOR.name == "production-edge"
    assert DOOR.cluster("presto") == "production:presto"
