"""What people know about tables and the engine does not: a YAML file of the operator's."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from platform_core import WiringError


class Fact(BaseModel):
    """One table. Tier 1 is what everybody should use; 3 is for its owners."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owner: str = ""
    tier: Annotated[int, Field(ge=1, le=3)] | None = None
    tags: tuple[str, ...] = ()
    freshness: str = ""
    """How old the data may be, in words: `daily by 06:00 UTC`."""
    certified: bool = False

    @property
    def rank(self) -> tuple[bool, float, bool, bool]:
        """More is better; what nobody described comes between tier 2 and tier 3."""
        return self.certified, -(self.tier or 2.5), bool(self.owner), bool(self.freshness)

    @property
    def words(self) -> str:
        """One line for whoever chooses a table."""
        said = [
            "certified" if self.certified else "",
            f"tier {self.tier}" if self.tier else "",
            f"owner {self.owner}" if self.owner else "",
            f"fresh {self.freshness}" if self.freshness else "",
            *(f"#{tag}" for tag in self.tags),
        ]
        return ", ".join(filter(None, said))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tables: dict[str, Fact]


Facts = dict[str, Fact]
"""By full name, in small letters."""
NOTHING = Fact()


def read_facts(path: Path | None) -> Facts:
    """Read the file, or raise `WiringError` that names the fault."""
    if path is None:
        return {}
    try:
        told = _File.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise WiringError(f"{path} can't be read as facts about tables: {error}") from error
    return {name.lower(): fact for name, fact in told.tables.items()}
