"""The servers that the reviewers of this machine know: what is answered of each, and what is taken away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the owners answer of a server, and what the reviewers take away of its wish."""

    strange_text: bool = False
    personal_data: bool = False
    narrowings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    @property
    def answers(self) -> dict[str, Any]:
        facts = {"strange_text": self.strange_text, "personal_data": self.personal_data}
        return {"model_inside": False, "sends_out": False} | facts


SERVERS: Mapping[str, Known] = MappingProxyType(
    {
        "airflow": Known(strange_text=True),
        "knowledge": Known(strange_text=True, personal_data=True),
        "presto": Known(strange_text=True, personal_data=True),
        "seed": Known(),
        "spark": Known(strange_text=True),
    }
)
"""The servers that the reviewers of this machine let go live; any other is an experiment."""
