"""What a part that is ready is still at."""

from pathlib import Path

from deploy.local.stack import ready
from servers.knowledge.sync.progress import Board


def test_a_first_look_at_the_sources_is_told_until_it_is_through(tmp_path: Path) -> None:
    board = Board(tmp_path / "progress.json")
    said = [ready.reading(board.path)]
    for change in ({"running": True}, {"source": "handbook", "done": 3, "of": 41}, {"finished": "now"}):
        board.change(**change)
        said.append(ready.reading(board.path))
    assert said == ["", "reads its sources, 0 of 0 pages", "reads handbook, 3 of 41 pages", ""]
