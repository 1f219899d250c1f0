"""The kiosk's command."""

from tests.servers.kiosk.server import server

if __name__ == "__main__":
    server.run()
