"""`python -m deploy.local.stack.answering MODULE...`: what each prints of itself, from one process that forks."""

import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from deploy.local.stack.describing import ANSWERS, Answer


def ask(modules: Sequence[str], folder: Path) -> Iterator[Answer]:
    """The answers of `modules`, each loaded in a process of its own, all at once."""
    import_module("platform_core.server")  # what every server loads first, and what takes longer than to answer
    forking = multiprocessing.get_context("fork")
    asked = [forking.Process(target=_answer, args=(code, folder / str(n))) for n, code in enumerate(modules)]
    for process in asked:
        process.start()
    for number, process in enumerate(asked):
        process.join()
        out, err = ((folder / f"{number}.{stream}").read_text("utf-8", "replace") for stream in ("out", "err"))
        yield Answer(code=process.exitcode or 0, out=out, err=err)


def _answer(code: str, into: Path) -> None:
    """Run the server's own command, as `python -m` would."""
    for stream, number in (("out", 1), ("err", 2)):
        os.dup2(os.open(f"{into}.{stream}", os.O_CREAT | os.O_WRONLY), number)
    sys.argv = [code, "--describe"]
    runpy.run_module(code, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(ANSWERS.dump_json(list(ask(sys.argv[1:], Path(place)))).decode())
