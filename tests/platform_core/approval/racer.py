"""A process that uses up every approval that it can, at a word; run by its test."""

import asyncio
import sys
import time
from pathlib import Path

from platform_core.approval.sqlite import SqliteApprovals


async def race(database: Path, ids: list[str]) -> None:
    """Print the ids that were won."""
    store = SqliteApprovals(database)
    print("ready", flush=True)
    sys.stdin.readline()
    for id in ids:
        if await store.consume(id, now=time.time()):
            print(id)


if __name__ == "__main__":
    asyncio.run(race(Path(sys.argv[1]), sys.argv[2:]))
