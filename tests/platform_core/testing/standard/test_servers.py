"""The servers that ship here keep the standard."""

from importlib import import_module

import pytest

from platform_core.testing.standard.run import findings_of_server


@pytest.mark.parametrize("package", ["deploy.seed", "servers.presto", "servers.spark"])
async def test_a_server_that_ships_keeps_every_clause(package: str) -> None:
    assert await findings_of_server(import_module(f"{package}.server").server) == []
