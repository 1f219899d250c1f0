"""The provider as a process on a loopback port."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from werkzeug.serving import WSGIRequestHandler, make_server

from deploy.local.identity.app import build_app
from deploy.local.identity.settings import IdentitySettings


class _Requests(WSGIRequestHandler):
    """Logs one line a request without its query: codes and tokens travel there."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        print(f"identity: {self.command} {self.path.partition('?')[0]} {int(code)}", file=sys.stderr, flush=True)


def serve(settings: IdentitySettings) -> None:
    """Answer until SIGTERM or Ctrl-C."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _stop)
    server = make_server(settings.host, settings.port, build_app(settings), threaded=True, request_handler=_Requests)
    print(f"identity: {settings.issuer} answers, for this machine only", file=sys.stderr, flush=True)
    try:
        server.serve_forever()
    finally:
        server.server_close()


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
