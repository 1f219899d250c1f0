"""What a listener answers to."""

from dataclasses import replace

import pytest

from tests.gateway.examples import example_door

DOOR = example_door()


@pytest.mark.parametrize(
    ("base", "domain", "authority"),
    [
        ("https://mcp.example", "mcp.example", "mcp.example"),
        ("http://127.0.0.1:7301", "127.0.0.1", "127.0.0.1:7301"),
        ("http://[::1]:7301", "[::1]", "[::1]:7301"),
    ],
)
def test_a_door_answers_to_the_host_of_its_base_url(base: str, domain: str, authority: str) -> None:
    door = replace(DOOR, base=base, url=base)
    assert (door.domain, door.authority) == (domain, authority)


def test_behind_the_mesh_a_server_goes_by_the_same_name_as_behind_the_edge() -> None:
    mesh = example_door(side="mesh")
    assert (mesh.authority, mesh.page("presto")) == (DOOR.authority, DOOR.page("presto"))
    assert mesh.resource_metadata("/mcp/presto") == DOOR.resource_metadata("/mcp/presto")


def test_only_a_surface_that_may_say_the_channel_vouches_for_it() -> None:
    assert example_door(side="mesh").vouching == ("spiffe://seedbed.internal/production/chat-bot",)
    assert DOOR.vouching == ()


def test_a_door_is_named_for_its_environment_and_side() -> None:
    assert DOOR.name == "production-edge"
    assert DOOR.cluster("presto") == "production:presto"
