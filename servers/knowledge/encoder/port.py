"""What a model is to the rest of the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""One row for each text, of length 1: their dot product is the cosine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Which model made a vector. Vectors of two models can't be compared, though nothing fails that tries."""

    name: str
    revision: str
    dimension: int

    def __str__(self) -> str:
        return f"{self.name} {self.revision} ({self.dimension} numbers)"


class Encoder(Protocol):
    """One loaded model."""

    @property
    def model(self) -> Model: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The vectors of `texts`, in their order."""
        ...


class Reranker(Protocol):
    """A model that reads a question and a passage together: slower than an encoder, and a better judge of few."""

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """How well each of `texts` answers; more is better, and scores of two questions do not compare."""
        ...
