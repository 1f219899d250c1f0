"""The server's own command: `seedbed-server-presto`."""

import logging

from servers.presto.server import server


def main() -> None:
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of statements that the guard then refuses
    server.run()


if __name__ == "__main__":
    main()
