"""The way to the signer: what the registry wants signed goes through its socket, and the key never comes back."""

from pathlib import Path

import httpx2
from pydantic import BaseModel, ValidationError

from platform_core.errors import Unavailable
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import SignedArtefact
from platform_core.policy.stream import NO_TLS
from platform_core.policy.suspend import Suspensions
from registry.refused import Refused

PATIENCE = 5.0


class _No(BaseModel):
    code: str
    rule: str
    detail: str


class Signing:
    """Asks the signer at `socket`."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def sign(self, document: PolicyArtefact | Suspensions) -> SignedArtefact:
        """Have `document` signed. Raises `Refused` with the signer's reason, or `Unavailable`."""
        transport = httpx2.AsyncHTTPTransport(uds=str(self._socket), verify=NO_TLS)
        try:
            async with httpx2.AsyncClient(transport=transport, base_url="http://signer", timeout=PATIENCE) as signer:
                answer = await signer.post("/sign", json=document.model_dump(mode="json", by_alias=True))
            if answer.status_code == 200:
                return SignedArtefact.model_validate_json(answer.content)
            refusal = _No.model_validate_json(answer.content)
        except (httpx2.HTTPError, ValidationError) as error:
            raise Unavailable(f"the signer can't be reached, nothing was signed: {type(error).__name__}") from None
        raise Refused(code=refusal.code, rule=refusal.rule, detail=refusal.detail)
