"""What is in force, in the hands of a test: a policy and what stands above it, that can be exchanged."""

from platform_core import Server
from platform_core.layer import Layer
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.standing import CALM, Standing
from platform_core.recording import Recorder
from platform_core.testing import Kept
from tests.platform_core.policies import suspended


class Book:
    """A policy in force, and what stands above it, that can be exchanged."""

    def __init__(self, policy: PolicyArtefact) -> None:
        self.policy: PolicyArtefact | None = policy
        self.standing: Standing = CALM

    def suspend(self, *what: dict[str, str]) -> None:
        """Close these things."""
        self.standing = Standing(suspended(*what))


def a_layer(server: Server, book: Book, kept: Kept) -> Layer:
    """The platform around `server`, obeying what stands in `book`."""
    contract = server.contract()
    recorder = Recorder(manifest=server.manifest, contract=contract, version="1", environment="production", spool=kept)
    return Layer(contract=contract, in_force=book, recorder=recorder)
