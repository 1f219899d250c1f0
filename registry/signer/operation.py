"""The one operation: a document in, its signature out, or a reason why not."""

import logging
import time
from collections.abc import Callable
from typing import Annotated, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, FastAPI, Request
from pydantic import Discriminator, Tag

from platform_core.canonical import digest
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import SignedArtefact, sign
from platform_core.policy.suspend import Suspensions
from registry.api.refusals import answer_refusals, as_json
from registry.refused import Refused
from registry.signer.ledger import Ledger, Line, NotAbove

AHEAD = 60
"""Seconds that the clock of whoever asks may be ahead of ours."""
MEGABYTE = 1024 * 1024

log = logging.getLogger("signer")
router = APIRouter()


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "suspensions" if cast("dict[str, object]", value).get("kind") == "suspensions" else "policy"
    return "suspensions" if isinstance(value, Suspensions) else "policy"


Document = Annotated[
    Annotated[PolicyArtefact, Tag("policy")] | Annotated[Suspensions, Tag("suspensions")], Discriminator(_kind)
]


class Signatory:
    """The key, and what it may be used for."""

    def __init__(
        self,
        key_id: str,
        private: Ed25519PrivateKey,
        ledger: Ledger,
        *,
        longest: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key_id, self._private, self._ledger = key_id, private, ledger
        self._longest, self._clock = longest, clock

    def sign(self, document: PolicyArtefact | Suspensions) -> SignedArtefact:
        """Sign `document`, if its times can be and its version rises. Signed before, it is signed again."""
        server = document.server if isinstance(document, PolicyArtefact) else None
        purpose = f"{document.environment} {server or 'suspensions'}"
        self._in_time(document)
        line = Line(version=document.version, digest=digest(document.model_dump(mode="json", by_alias=True)))
        try:
            self._ledger.enter(f"policy {purpose}" if server else purpose, line)
        except NotAbove as error:
            log.warning("not signed: %s: %s", purpose, error)
            raise Refused(code="not_newer", rule="signer/version", detail=str(error), server=server) from None
        log.info("signed: %s version %d %s", purpose, line.version, line.digest)
        return sign(document, key=self._key_id, private=self._private)

    def _in_time(self, document: PolicyArtefact | Suspensions) -> None:
        now = self._clock()
        if document.issued_at > now + AHEAD:
            raise _never("signer/future", "it says that it was issued in the future: one of two clocks is wrong")
        if isinstance(document, PolicyArtefact) and document.not_after - now > self._longest:
            days = f"{self._longest / 86_400:g}"
            raise _never("signer/lifetime", f"a policy lives at most {days} days; name an earlier end")


def _never(rule: str, detail: str) -> Refused:
    log.warning("not signed: %s", detail)
    return Refused(code="invalid", rule=rule, detail=detail)


@router.post("/sign")
async def sign_one(request: Request, document: Document) -> SignedArtefact:
    """Sign one document."""
    return cast("Signatory", request.app.state.signatory).sign(document)


@router.get("/health/ready")
async def ready() -> dict[str, str]:
    """Say that the key was read and the socket is open."""
    return {"status": "ready"}


def signer_app(signatory: Signatory) -> FastAPI:
    """The operation behind a socket."""
    app = FastAPI(title="Seedbed signer", openapi_url=None, max_body_size=MEGABYTE)
    app.state.signatory = signatory
    app.include_router(router)
    answer_refusals(app, as_json)
    return app
