"""`python -m deploy.local.coordinator`; the settings say where."""

import argparse
import logging
import sys
from socket import socket

import uvicorn

from deploy.local.coordinator.app import build_app
from deploy.local.coordinator.catalog.tpch import prepare
from deploy.local.coordinator.settings import HOST, CoordinatorSettings
from platform_core.errors import WiringError


def main() -> None:
    """Make the data where they are missing, then answer until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.coordinator", description=__doc__)
    parser.add_argument("--settings", action="store_true", help="list the settings and stop")
    if parser.parse_args().settings:
        print(CoordinatorSettings.listing())
        return
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what the planner then refuses by name
    try:
        settings = CoordinatorSettings.load()
        for schema in settings.schemas.split(","):
            prepare(settings.data, schema, _say)
    except WiringError as error:
        sys.exit(f"coordinator: {error}")
    app = build_app(settings)
    _Server(uvicorn.Config(app, host=HOST, port=settings.port, log_level="warning", timeout_graceful_shutdown=5)).run()


class _Server(uvicorn.Server):
    """Says when it answers."""

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _say(f"http://{self.config.host}:{self.config.port} answers, for this machine only")


def _say(words: str) -> None:
    print(f"coordinator: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
