"""What failed among thousands is asked once more, alone: three tests at most, each named. See ADR 0029."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

FAILED = Path("build/failed.txt")
MOST = 3


def remember(failed: Iterable[str]) -> None:
    """Write down which tests of this run failed, by name."""
    FAILED.parent.mkdir(exist_ok=True)
    FAILED.write_text("".join(f"{test}\n" for test in sorted(set(failed))))


def remembered() -> list[str]:
    """The tests that the last run failed; read once, so that a run that breaks off leaves none to ask again."""
    if not FAILED.exists():
        return []
    failed = FAILED.read_text().splitlines()
    FAILED.unlink()
    return failed


def again(failed: Sequence[str], ask: Callable[[Sequence[str]], int]) -> int:
    """Return the exit status that the run has after a second look; a run that many tests failed is not looked at."""
    if not 0 < len(failed) <= MOST:
        print(f"{len(failed)} tests to ask again, and only 1 to {MOST} are: the run stays red")
        return 1
    if status := ask(failed):
        return status
    print(f"UNSTEADY, to be mended: failed beside others, passed alone: {', '.join(failed)}")
    return 0


def _ask(tests: Sequence[str]) -> int:
    return subprocess.call([sys.executable, "-m", "pytest", "-n0", "-m", "", *tests])


if __name__ == "__main__":
    sys.exit(again(remembered(), _ask))
