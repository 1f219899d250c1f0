"""The lists of members in the root's pyproject.toml, written out of the folders."""

import re
from collections.abc import Iterable, Mapping

from surfaces.cli.authoring.clone import Clone, Member
from surfaces.cli.failures import Unusable

_ABOVE, _BELOW = "deploy.local", "platform_core"
"""The layers above and below all the others, which may not know each other."""


def write(clone: Clone) -> None:
    """Bring the lists in line with the folders."""
    before = clone.settings.read_text("utf-8")
    after = written(before, clone.members())
    if after != before:
        clone.settings.write_text(after, "utf-8")


def written(text: str, members: Iterable[Member]) -> str:
    """`text` with lists that name each of `members`; everything else stays as it is."""
    for head, lines in _lists(members).items():
        pattern = rf"(?m)(^{re.escape(head)}[^\n]*\n)((?:(?!\]|\[).+\n)*)"
        body = "".join(f"{line}\n" for line in lines)
        text, found = re.subn(pattern, lambda hit, body=body: hit[1] + body, text, count=1)
        if not found:
            raise Unusable(f"the root's pyproject.toml has no list `{head}`, where a new server has to stand")
    return text


def _lists(members: Iterable[Member]) -> Mapping[str, list[str]]:
    """The lines of each list, by the line that opens it."""
    every = list(members)
    names, packages = sorted(each.name for each in every), sorted(each.package for each in every)
    siblings = " | ".join(package for package in packages if package not in (_ABOVE, _BELOW))
    return {
        "dependencies = [": [f'  "{name}",' for name in names],
        "[tool.uv.sources]": [f"{name} = {{ workspace = true }}" for name in names],
        "root_packages = [": [f'  "{package}",' for package in packages],
        "layers = [": [f'  "{layer}",' for layer in (_ABOVE, siblings, _BELOW)],
    }
