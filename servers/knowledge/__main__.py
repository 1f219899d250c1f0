"""The server's command: `seedbed-server-knowledge`, and with `sync` or `status` its operator's."""

import sys

from platform_core import WiringError


def main() -> None:
    """Serve and keep the index beside it; or do what the operator asks."""
    asked = sys.argv[1:]
    if asked[:1] in (["sync"], ["status"], ["gaps"]):
        from servers.knowledge.commands import run

        return run(asked)
    from servers.knowledge.server import server

    if asked in ([], ["--stdio"]):
        from servers.knowledge.keeping import keeper

        try:
            keeper().begin()
        except WiringError as error:
            sys.exit(f"knowledge: {error}")
    server.run()


if __name__ == "__main__":
    main()
