"""`seedbed-server-knowledge sync | status | gaps`: what its operator does at a shell."""

import argparse
import json
import sys
import time
from collections.abc import Sequence

from platform_core import WiringError
from servers.knowledge.gaps.tickets import Tickets
from servers.knowledge.index import catalogue, noted
from servers.knowledge.index.catalogue import Catalogue
from servers.knowledge.settings import KnowledgeSettings
from servers.knowledge.sync.progress import Board, Progress
from servers.knowledge.sync.request import Alone, Request, kept_by_somebody

LOOK_SECONDS = 0.2


def run(arguments: Sequence[str]) -> None:
    """Do what is asked. Wiring faults end with one line and status 2; a source that had problems with status 1."""
    asked = _parser().parse_args(arguments)
    try:
        sys.exit(_do(asked, KnowledgeSettings.load()))
    except (WiringError, OSError) as error:
        print(f"knowledge: {error}", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="seedbed-server-knowledge")
    orders = parser.add_subparsers(dest="do", required=True)
    sync = orders.add_parser("sync", help="read what changed in the sources, now, and show how far it is")
    sync.add_argument("--afresh", action="store_true", help="make the index anew; the server has to be stopped")
    orders.add_parser("status", help="the sources, when each was read, and what could not be")
    orders.add_parser("gaps", help="what readers reported, as JSON lines: cases for evaluations")
    return parser


def _do(asked: argparse.Namespace, settings: KnowledgeSettings) -> int:
    match asked.do:
        case "sync":
            return _sync(settings, afresh=asked.afresh)
        case "status":
            return _status(settings)
        case _:
            return _gaps(settings)


def _sync(settings: KnowledgeSettings, *, afresh: bool) -> int:
    folder = settings.state_folder
    try:
        alone = Alone(folder)
    except WiringError:
        if afresh:
            raise
        return _ask_the_server(settings)
    from servers.knowledge.index.index import discard
    from servers.knowledge.keeping import opened

    if afresh:
        discard(folder, settings.chroma)
        (folder / "progress.json").unlink(missing_ok=True)
    opened(settings).sync(_show)
    alone.release()
    return _told(Board(folder / "progress.json").now)


def _ask_the_server(settings: KnowledgeSettings) -> int:
    """The server keeps the index, so it syncs; we watch."""
    folder, asked = settings.state_folder, time.time_ns()
    Request(folder).ask(asked)
    board = Board(folder / "progress.json")
    while (now := board.read()).asked < asked:
        _show(now)
        time.sleep(LOOK_SECONDS)
        if not kept_by_somebody(folder):
            raise WiringError("the server that keeps the index ended before it was done: start `sync` again")
    return _told(now)


def _show(now: Progress) -> None:
    if now.running and sys.stderr.isatty():
        print(f"\r\033[K{now}", end="", file=sys.stderr, flush=True)


def _told(now: Progress) -> int:
    print(f"\r{now}" if sys.stderr.isatty() else str(now))
    for problem in now.problems:
        print(f"  {problem}")
    return 1 if now.problems else 0


def _status(settings: KnowledgeSettings) -> int:
    folder = settings.state_folder
    with Catalogue(folder / "catalogue.db").reading() as db:
        counted = catalogue.counts(db)
        rows = noted.noted_sources(db)
    for row in rows:
        mine = [(documents, passages) for _, source, documents, passages in counted if source == row["name"]]
        documents, passages = (sum(each) for each in zip(*mine, strict=True)) if mine else (0, 0)
        print(f"{row['name']:20} {documents:6} documents {passages:7} passages   read {row['synced'] or 'never'}")
    return _told(Board(folder / "progress.json").now)


def _gaps(settings: KnowledgeSettings) -> int:
    for row in Tickets(settings.state_folder / "gaps.db").all():
        case = {
            "id": f"gap-{row['number']}",
            "question": row["query"],
            "kind": row["kind"],
            "documents": json.loads(row["documents"]),
            "comment": row["comment"],
            "open": bool(row["open"]),
        }
        print(json.dumps(case, ensure_ascii=False))
    return 0
