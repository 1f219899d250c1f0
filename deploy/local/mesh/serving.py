"""The agent as a process."""

import asyncio
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path

from deploy.local.identity.keep import private_folder
from deploy.local.mesh.agent import Agent
from deploy.local.mesh.authorities import Authorities
from deploy.local.mesh.door import Door
from deploy.local.mesh.entries import Entries
from deploy.local.mesh.settings import AgentSettings
from platform_core.hosting import bind


def kept(settings: AgentSettings) -> tuple[Authorities, Entries]:
    """What is on disk, made where it is missing."""
    folder = private_folder(settings.state)
    return Authorities(folder, settings.trust_domain), Entries(folder, settings.entries)


def serve(settings: AgentSettings) -> None:
    """Hand out identities until SIGTERM or Ctrl-C."""
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="mesh: %(message)s")
    asyncio.run(_serve(settings))


async def _serve(settings: AgentSettings) -> None:
    authorities, entries = kept(settings)
    authorities.renew()
    agent = Agent(settings, authorities, entries)
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    with tempfile.TemporaryDirectory(prefix="seedbed-mesh-") as inside, bind(settings.socket) as listener:
        async with asyncio.TaskGroup() as group:
            parts = [group.create_task(agent.run()), group.create_task(Door(agent, Path(inside)).serve(listener))]
            print(f"mesh: {settings.socket} answers for {agent.trust_domain}", file=sys.stderr, flush=True)
            await told.wait()
            for part in parts:
                part.cancel()
