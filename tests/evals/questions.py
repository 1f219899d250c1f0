"""The questions of the evals: who asks, in their own words, in which half, and which sections answer."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

HERE = Path(__file__).parent
Grade = Annotated[int, Field(ge=1, le=2)]
"""2 answers the question, 1 helps."""


class Split(StrEnum):
    """Settings are chosen on `dev`; `test` judges them."""

    DEV = "dev"
    TEST = "test"


class Question(BaseModel):
    """What somebody wants to know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    by: str
    """The login of the person who asks: their groups decide what may be found."""
    text: str

    @property
    def split(self) -> Split:
        """Half of the questions each, by the id alone: nobody picks."""
        even = hashlib.sha256(self.id.encode()).digest()[0] % 2 == 0
        return Split.DEV if even else Split.TEST


class Judgement(BaseModel):
    """What answers a question; or why nothing does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    relevant: Mapping[str, Grade] = {}
    """`page#heading`; the page alone is what stands above its first heading."""
    none: Literal["near topic", "off topic", "not for them"] | None = None


def questions() -> list[Question]:
    """All of them, in the order in which they were written."""
    return [Question.model_validate_json(line) for line in _lines("questions.jsonl")]


def judgements() -> dict[str, Judgement]:
    """By the question's id."""
    found = (Judgement.model_validate_json(line) for line in _lines("judgements.jsonl"))
    return {judged.question: judged for judged in found}


def _lines(name: str) -> list[str]:
    return (HERE / name).read_text("utf-8").splitlines()
