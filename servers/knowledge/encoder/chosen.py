"""The models that the settings name; an engine is imported where it is asked for."""

from servers.knowledge.encoder.port import Encoder, Reranker
from servers.knowledge.settings import KnowledgeSettings


def encoder(settings: KnowledgeSettings) -> Encoder:
    """Load it. Raises `WiringError`."""
    if settings.encoder == "torch":
        from servers.knowledge.encoder.by_torch import TorchEncoder

        return TorchEncoder(settings.model, threads=settings.threads)
    from servers.knowledge.encoder.by_onnx import OnnxEncoder

    return OnnxEncoder(settings.cache_folder, threads=settings.threads)


def reranker(settings: KnowledgeSettings) -> Reranker | None:
    """Load it, where there is to be one. Raises `WiringError`."""
    if settings.reranker is None:
        return None
    from servers.knowledge.encoder.by_torch import TorchReranker

    return TorchReranker(settings.reranker, settings.reranker_revision, threads=settings.threads)
