"""The servers that ship here keep the standard."""

from importlib import import_module

import pytest

from platform_core.testing.standard.run import findings_of_server
from tests.repo.tree import ROOT, members

SERVERS = [member.package for member in members() if (ROOT / member.folder / "server.yaml").is_file()]


def test_there_are_servers_to_look_at() -> None:
    assert {"deploy.seed", "servers.presto", "servers.spark"} <= set(SERVERS)


@pytest.mark.parametrize("package", SERVERS)
async def test_a_server_that_ships_keeps_every_clause(package: str) -> None:
    assert await findings_of_server(import_module(f"{package}.server").server) == []
