"""Which tests stay in one process when several run: those that share an engine or a whole stack; else file by file.

xdist's own groups (`--dist loadgroup`) are lost on pytest 9.2 without a word, so its scheduler is told here.
"""

from typing_extensions import override
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs]  # its types stand in the code

SHARED = ("tests/e2e/", "tests/servers/presto/", "tests/servers/spark/", "tests/servers/airflow/")


def group(test: str) -> str:
    """The tests with the same answer run one after the other; a process holds what they share once."""
    file = test.partition("::")[0]
    return next((folder for folder in SHARED if file.startswith(folder)), file)


class Together(LoadScopeScheduling):
    """Hands out groups, the largest first."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
