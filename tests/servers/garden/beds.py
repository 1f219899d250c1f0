"""The beds, and the book in which every piece of work stands: the proof that a body ran, and how often."""

import asyncio
from pathlib import Path

from platform_core import NotFound, Unavailable
from platform_core.settings import Settings

FREE_LITRES = 100
"""What the rain barrel holds."""
MARSH, FOG, QUICKSAND = "marsh", "fog", "quicksand"
"""Beds in which work ends in the middle: by a crash, out of sight, or never."""


class GardenSettings(Settings, part="garden"):
    """`SEEDBED_GARDEN_*`."""

    book: Path | None = None
    """A file that several processes may write; in memory if not set."""


class Garden:
    """Plants by bed; what was done, in order."""

    def __init__(self) -> None:
        self.start_over()

    def start_over(self) -> None:
        """Let everything grow again."""
        self._plants = {"roses": 12, "beans": 40, MARSH: 3, FOG: 3, QUICKSAND: 3}
        self.work: list[str] = []
        self.sinking = asyncio.Event()
        """Set when somebody works in the quicksand."""

    def plants(self, bed: str) -> int:
        """How many grow there. Raises `NotFound`."""
        if bed not in self._plants:
            raise NotFound(f"There is no bed {bed}. There are: {', '.join(sorted(self._plants))}.")
        return self._plants[bed]

    async def pull_up(self, bed: str, plants: int) -> None:
        """Take plants out of a bed."""
        if bed == QUICKSAND:
            self.sinking.set()
            await asyncio.Event().wait()
        if bed == MARSH:
            raise RuntimeError("sank in the marsh with the key to the shed: password=hunter2")
        if bed == FOG:
            raise Unavailable("nobody could see what happened in the fog")
        self._plants[bed] = max(0, self.plants(bed) - plants)

    def note(self, line: str) -> None:
        """Write down that work began."""
        self.work.append(line)
        if book := GardenSettings.load().book:
            with book.open("a") as file:
                file.write(line + "\n")


garden = Garden()
