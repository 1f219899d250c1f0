"""The shop's command."""

from tests.platform_core.shop.server import server

if __name__ == "__main__":
    server.run()
