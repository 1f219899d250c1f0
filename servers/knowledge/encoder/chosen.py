"""The encoder that the settings name."""

from servers.knowledge.encoder.port import Encoder
from servers.knowledge.settings import KnowledgeSettings


def encoder(settings: KnowledgeSettings) -> Encoder:
    """Load it; an engine is imported where it is asked for. Raises `WiringError`."""
    if settings.encoder == "torch":
        from servers.knowledge.encoder.by_torch import TorchEncoder

        return TorchEncoder(settings.model, threads=settings.threads)
    from servers.knowledge.encoder.by_onnx import OnnxEncoder

    return OnnxEncoder(settings.cache_folder, threads=settings.threads)
