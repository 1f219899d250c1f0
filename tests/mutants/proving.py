"""`python -m tests.mutants.proving MODULE TEST...`: run the tests over every mutant, print those that live."""

import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

import hypothesis
import pytest

from tests.mutants.breaking import Mutant, mutants

LIBRARIES = (
    *("anyio.pytest_plugin", "httpx2", "hypothesis.strategies", "jwt", "mcp.client.streamable_http"),
    *("cryptography.hazmat.primitives.asymmetric.ed25519", "mcp.server.mcpserver", "pydantic_settings", "uvicorn"),
)
"""Loaded here once: in every process that is forked it would be half of the time."""
PATIENCE = 120
"""Seconds; a mutant that runs on for ever is noticed."""
PASSED = 0
QUIETLY = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]


class Changed(MetaPathFinder, Loader):
    """Gives out one module as the mutant says it."""

    def __init__(self, module: str, code: CodeType) -> None:
        self._module, self._code = module, code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)  # noqa: S102  # the repository's own module, changed by us


def survivors(module: str, tests: Sequence[str]) -> Iterator[Mutant]:
    """The mutants of `module` that `tests` do not notice, as many at a time as there are processors."""
    source = Path(*module.split(".")).with_suffix(".py").read_text("utf-8")
    if _ended(_started(module, source, tests))[1] != PASSED:
        raise SystemExit(f"{' '.join(tests)} fail although {module} is unchanged")
    waiting, running = list(mutants(source)), dict[int, Mutant]()
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            mutant = waiting.pop()
            running[_started(module, mutant.source, tests)] = mutant
        child, status = _ended()
        mutant = running.pop(child)
        if status == PASSED:
            yield mutant


def _started(module: str, source: str, tests: Sequence[str]) -> int:
    """A process of its own, forked after the libraries are loaded and before anything of ours is."""
    child = os.fork()
    if child:
        return child
    signal.alarm(PATIENCE)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    sys.meta_path.insert(0, Changed(module, compile(source, module, "exec")))
    os._exit(pytest.main([*QUIETLY, *tests]))


def _ended(child: int = -1) -> tuple[int, int]:
    return os.waitpid(child, 0)


if __name__ == "__main__":
    # The first counterexample is enough, and the same one each time.
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, phases=phases)
    hypothesis.settings.load_profile("mutants")
    for library in LIBRARIES:
        importlib.import_module(library)
    for survivor in survivors(sys.argv[1], sys.argv[2:]):
        print(survivor, flush=True)
