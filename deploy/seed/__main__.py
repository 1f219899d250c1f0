"""The server's command: `seedbed-server-seed`."""

from deploy.seed.server import server


def main() -> None:
    server.run()


if __name__ == "__main__":
    main()
