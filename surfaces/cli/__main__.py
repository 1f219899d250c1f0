"""Entry point of `seedbed`."""

import sys

from surfaces.cli import governing
from surfaces.cli.authoring import commands as authoring
from surfaces.cli.commands import app
from surfaces.cli.failures import Failed


def main() -> None:
    """Run one command; a failure is a sentence on stderr and an exit code, never a traceback."""
    governing.add_to(app)
    authoring.add_to(app)
    if not _is_ours(sys.argv[1:]):
        from surfaces.cli import plugins  # looking through installed wheels takes time that `headers` has not got

        plugins.add_to(app)
    try:
        app(prog_name="seedbed")
    except Failed as failure:
        print(failure, file=sys.stderr)
        sys.exit(failure.exit_code)


def _is_ours(words: list[str]) -> bool:
    ours = {command.callback.__name__ for command in app.registered_commands if command.callback}
    ours |= {group.name for group in app.registered_groups if group.name}
    return bool(words) and words[0] in ours


if __name__ == "__main__":
    main()
