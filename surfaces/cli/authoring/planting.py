"""The seed and its tests, copied under another name."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from surfaces.cli.authoring.clone import SEED, Clone
from surfaces.cli.authoring.naming import Plan


def plant(clone: Clone, plan: Plan) -> list[Path]:
    """Copy the seed to where `plan` wants it; the files that were made, from the root."""
    said = _renaming(plan)
    made = [*_copy(clone.root, SEED, plan.folder, said), *_copy(clone.root, "tests" / SEED, plan.tests, said)]
    # Another name stands elsewhere in the alphabet, and may be longer.
    clone.run(clone.python, "-m", "ruff", "check", "-q", "--fix", "--select", "I", plan.folder, plan.tests)
    clone.run(clone.python, "-m", "ruff", "format", "-q", plan.folder, plan.tests)
    return made


def _renaming(plan: Plan) -> Callable[[str], str]:
    """The seed's own words are its placeholders: what `plan` calls each of them, the longer ones first."""
    instead = {
        "deploy.seed": plan.package,
        "deploy/seed": plan.folder.as_posix(),
        "seedbed-server-seed": f"seedbed-server-{plan.name}",
        "owner: platform": f"owner: {plan.team}",
        "#ask-platform": plan.channel,
        "name: seed": f"name: {plan.name}",
        "Seed": plan.title,
        "seed": plan.folder.name,
    }
    words = re.compile("|".join(rf"(?<!\w){re.escape(word)}\b" for word in instead))
    return lambda text: words.sub(lambda hit: instead[hit[0]], text)


def _copy(root: Path, source: Path, target: Path, said: Callable[[str], str]) -> list[Path]:
    (root / target).mkdir(parents=True)  # whoever comes second is refused here
    made: list[Path] = []
    for file in _files(root / source):
        fresh = target / file.relative_to(root / source)
        (root / fresh).parent.mkdir(parents=True, exist_ok=True)
        with (root / fresh).open("x", encoding="utf-8") as opened:
            opened.write(said(file.read_text("utf-8")))
        made.append(fresh)
    return made


def _files(folder: Path) -> Iterable[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
