"""The commands of the guide "Your first server in ten minutes"."""

import shlex
from collections.abc import Iterator

from tests.repo.snippets import snippets

GUIDE = "docs/guides/first-server.md"


def commands(program: str = "seedbed") -> Iterator[list[str]]:
    """The words of each command of the guide that starts with `program`."""
    for snippet in snippets():
        lines = snippet.text.splitlines() if snippet.where.startswith(GUIDE) and snippet.language == "sh" else ()
        yield from (shlex.split(line)[1:] for line in lines if shlex.split(line)[0] == program)
