"""A server on a terminal: for experiments only, as a made-up person, under its own unreviewed wish."""

import getpass
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from platform_core.approval.opening import bare_desk
from platform_core.auth.principal import Principal
from platform_core.call import Call, current_call
from platform_core.experiment import unreviewed
from platform_core.server import Server
from platform_core.telemetry.record import Entry


class Forgotten:
    """An experiment leaves no record in the house."""

    def write(self, entry: Entry) -> None:
        return None

    def write_durably(self, entry: Entry) -> None:
        return None


def experimenter(server: Server) -> Principal:
    """The account at this terminal, in every group that the manifest's wish names: nothing is proved by it."""
    wish = server.manifest.proposes
    return Principal(
        subject=getpass.getuser(),
        business_groups=frozenset(wish.business_groups),
        groups=frozenset({server.manifest.owner}),
        employment="employee",
        client="stdio",
        surface=wish.surfaces[0],
        expires_at=time.time() + 14 * 86_400,
    )


def run_stdio(server: Server) -> None:
    """Serve `server` on standard input and output until they close."""
    layer = unreviewed(server, Forgotten())
    current_call.set(Call(principal=experimenter(server)))
    with TemporaryDirectory(prefix="seedbed-") as folder:
        # No registry, so no page: a client that can't show a form is refused by the protocol, by what it lacks.
        desk = bare_desk(server.manifest, server.contract(), Path(folder)) if server.asks else None
        server.compose(layer, desk).run("stdio")
