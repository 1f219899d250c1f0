"""`python -m tests.servers.presto.lab up|down`: a real Trino to point the server at."""

import sys

from tests.servers.presto.lab.install import NoTrino
from tests.servers.presto.lab.trino import FOLDER, publish, running, start, stop


def main(wish: str = "up") -> None:
    """Start one, unless one runs, and say how to use it; or end the one that runs."""
    found = running()
    if wish == "down":
        if found is not None:
            stop(found)
        return
    try:
        trino = found or start(FOLDER)
    except NoTrino as error:
        print(f"skipped: {error}")
        return
    publish(trino)
    print(f"Trino 476 with TPC-H and memory at {trino.http} (plain, no login) and {trino.https} (password, JWT)")
    print(f"  SEEDBED_PRESTO_ENGINE_URL={trino.https}")
    print(f"  SEEDBED_PRESTO_ENGINE_CA={trino.authority}")
    print("  SEEDBED_PRESTO_ENGINE_SERVICE_USER=seedbed")
    print(f"  its password, for the file of SEEDBED_PRESTO_ENGINE_SERVICE_PASSWORD_FILE: {trino.settings.password}")
    print("end it with `make trino STOP=1`")


if __name__ == "__main__":
    main(*sys.argv[1:2])
