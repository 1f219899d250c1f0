"""An author who follows the guide of the first server."""

from difflib import unified_diff

from tests.repo.tree import ROOT
from tests.surfaces.cli.authoring.checkout import Checkout

LEAVES = ROOT / "tests/deploy/seed_bikes"
PLACES = ("servers/bikes", "tests/servers/bikes")
_TYPED = {
    "server.py": "servers/bikes/server.py",
    "server.yaml": "servers/bikes/server.yaml",
    "test_server.py": "tests/servers/bikes/test_server.py",
}


def write_the_tool(clone: Checkout) -> int:
    """Put the tool of the guide in the place of the seed's; how many lines were typed."""
    before = _texts(clone)
    for name, place in _TYPED.items():
        text = (LEAVES / name).read_text("utf-8").replace("tests.deploy.seed_bikes", "servers.bikes")
        (clone.root / place).write_text(text, "utf-8")
    return sum(
        line.startswith("+") and not line.startswith("+++")
        for place, lines in _texts(clone).items()
        for line in unified_diff(before.get(place, []), lines, n=0)
    )


def _texts(clone: Checkout) -> dict[str, list[str]]:
    folders = (clone.root / place for place in PLACES)
    return {
        str(file): file.read_text("utf-8").splitlines() for each in folders for file in each.iterdir() if file.is_file()
    }
