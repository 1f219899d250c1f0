"""Writes records without end and says after each one that it is written; killed by the test that started it."""

import sys
from pathlib import Path

from platform_core.telemetry.spool import Spool
from tests.platform_core.telemetry.entries import an_entry


def main() -> None:
    spool = Spool(Path(sys.argv[1]))
    number = 0
    while True:
        spool.write(an_entry(number))
        print(number, flush=True)
        number += 1


if __name__ == "__main__":
    main()
