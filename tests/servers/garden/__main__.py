"""The garden's command."""

from tests.servers.garden.server import server

if __name__ == "__main__":
    server.run()
