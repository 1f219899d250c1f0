"""The server's own command: `seedbed-server-spark`."""


def main() -> None:
    from servers.spark.server import server  # worker processes load this module, and need none of the server

    server.run()


if __name__ == "__main__":
    main()
