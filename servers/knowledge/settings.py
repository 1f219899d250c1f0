"""Where documents come from, what answers for meaning, and what may be reported: the operator's words."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from platform_core.policy.artefact import SpiffeId
from platform_core.settings import BaseUrl, SecretStr, Settings


class KnowledgeSettings(Settings, part="knowledge"):
    """`SEEDBED_KNOWLEDGE_*`."""

    sources: Path = Path(__file__).with_name("demo.yaml")
    """File that lists the sources; if not set, the pages of a made-up company that come along."""
    state: Path | None = None
    """Folder of index and tickets; if not set, in the platform's state folder or the user's cache."""
    chroma: BaseUrl | None = None
    """URL of a Chroma server; if not set, Chroma runs in this process."""
    encoder: Literal["onnx", "torch"] = "onnx"
    """`torch` takes any model of sentence-transformers, and the extra of that name."""
    model: str = ""
    """For `torch`: folder of a model; if not set, the one that comes along. Nothing is fetched."""
    reranker: Path | None = None
    """Folder of a cross-encoder, with the extra `torch`, that puts the best passages in their order; if not set, none.
    Nothing is fetched."""
    reranker_revision: str = ""
    """Which one has to lie there; a start with another one says its revision."""
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    """Of the encoder."""
    mesh: BaseUrl | None = None
    """URL of the mesh's door, where a source is another server."""
    workload_socket: Path | None = None
    """Socket of the SPIFFE Workload API, where this server gets its own identity for that."""
    identity: SpiffeId = "spiffe://seedbed.internal/production/service/knowledge"
    """What it is there; the other server's review lists it."""
    gateway: SpiffeId = "spiffe://seedbed.internal/gateway"
    """What the door has to prove that it is."""
    sync_seconds: Annotated[float, Field(ge=0)] = 900
    """Time from one look at the sources to the next; 0: only when `sync` asks."""
    fusion: Literal["scores", "ranks"] = "scores"
    """How the rankings by meaning and by words become one; `make evals` says how each does."""
    meaning: Annotated[float, Field(ge=0, le=1)] = 0.7
    """For `scores`: what meaning counts; the rest is for words."""
    rrf_k: Annotated[int, Field(ge=1)] = 60
    """For `ranks`: constant of the reciprocal ranks; the smaller, the more the first places count."""
    off_topic_below: Annotated[float, Field(ge=0, le=1)] = 0.3
    """A question is off topic where no readable passage has a greater cosine."""
    conflict_above: Annotated[float, Field(ge=0, le=1)] = 0.68
    """Two passages speak of the same where their cosine is greater; where their numbers differ, they are flagged."""
    opted_out: frozenset[str] = frozenset()
    """Logins that find_experts never names, as JSON."""
    gaps_an_hour: Annotated[int, Field(ge=0)] = 10
    """Reports of one person."""
    webhook: SecretStr | None = None
    """URL that is told of each report, once a person said yes; if not set, a report is a row and nobody is notified."""

    @property
    def cache_folder(self) -> Path:
        """What can be computed again: graph and vectors, shared by all indexes of the account."""
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        return Path(cache) / "seedbed" / "knowledge"

    @property
    def state_folder(self) -> Path:
        if self.state is not None:
            return self.state
        state, environment = (os.environ.get(f"SEEDBED_PLATFORM_{name}") for name in ("STATE", "ENVIRONMENT"))
        return (
            Path(state) / (environment or "production") / "knowledge" / "index"
            if state
            else self.cache_folder / "index"
        )
