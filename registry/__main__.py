"""Runs the registry: two applications in one process, each on its own unix socket, until SIGTERM."""

import argparse
import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import Generator
from socket import socket

import uvicorn
import uvloop
from fastapi import FastAPI

from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.errors import WiringError
from platform_core.hosted import check_stack
from platform_core.hosting import IDLE_SECONDS, bind
from platform_core.policy.keys import read_pinned_keys
from registry.apps import platform_app, public_app
from registry.notices.settings import NoticeSettings
from registry.parts import Parts, open_parts
from registry.private import private_folder
from registry.probe.watch import probes
from registry.settings import RegistrySettings

log = logging.getLogger("registry")


class Door(uvicorn.Server):
    """One application on one socket. Signals are the process's business: it has two doors."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def main() -> None:
    """Start, or say what to mend."""
    parser = argparse.ArgumentParser(prog="seedbed-registry", description=__doc__)
    parser.add_argument("--settings", action="store_true", help="list the settings and stop")
    if parser.parse_args().settings:
        print("\n".join(part.listing() for part in (RegistrySettings, NoticeSettings, PlatformSettings, AuthSettings)))
        return
    _quiet_logging()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(RegistrySettings.load(), PlatformSettings.load(), AuthSettings.load()))
    except WiringError as error:
        sys.exit(f"registry: {error}")


def _quiet_logging() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx2", "uvicorn.error", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # A server that is down is written down by the probe; the SDK would add a traceback every few seconds.
    logging.getLogger("mcp.client.streamable_http").setLevel(logging.CRITICAL)


async def _run(registry: RegistrySettings, platform: PlatformSettings, auth: AuthSettings) -> None:
    check_stack(auth=auth, keys=read_pinned_keys(platform.policy_keys_file).closing)
    private_folder(platform.registry_socket.parent)
    public, private = registry.public_socket_in(platform), platform.registry_socket
    sockets = {path: bind(path) for path in (public, private)}
    async with open_parts(registry, platform, auth) as parts:
        await _read_all(parts)
        await _serve(parts, [(public_app(parts), sockets[public]), (platform_app(parts), sockets[private])])
    for path in sockets:
        path.unlink(missing_ok=True)


async def _read_all(parts: Parts) -> None:
    """Read every server before the first request waits for it."""
    for environment in parts.bases:
        await parts.present.of(environment)
    gc.freeze()  # it stays: each look through a thousand servers for garbage would stop everybody for 0.3 s


async def _serve(parts: Parts, apps: list[tuple[FastAPI, socket]]) -> None:
    doors = [Door(_config(app)) for app, _ in apps]

    def leave() -> None:
        parts.bell.close()
        parts.broadcast.close()  # followers first: their streams would keep the doors open
        for door in doors:
            door.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, leave)
    async with asyncio.TaskGroup() as tasks:
        watching = [tasks.create_task(probe.run()) for probe in probes(parts)]
        served = [tasks.create_task(door.serve(sockets=[bound])) for door, (_, bound) in zip(doors, apps, strict=True)]
        log.info("listens at %s", " and ".join(str(bound.getsockname()) for _, bound in apps))
        await asyncio.wait(served)
        for task in watching:
            task.cancel()


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=IDLE_SECONDS,
        server_header=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    main()
