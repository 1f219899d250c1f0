"""The questions of the evals: who asks, in their own words, and which half a question is in."""

import hashlib
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

HERE = Path(__file__).parent


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


def questions() -> list[Question]:
    """All of them, in the order in which they were written."""
    return [Question.model_validate_json(line) for line in (HERE / "questions.jsonl").read_text("utf-8").splitlines()]
