"""The server's own command."""

from servers.presto.server import server


def main() -> None:
    server.run()


if __name__ == "__main__":
    main()
