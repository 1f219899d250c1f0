"""A decision taken anew: the policy in force changed, signed with the dev key and handed to the registry."""

import json
from pathlib import Path
from typing import Any

import httpx2

from deploy.local.stack.home import KEY_ID, Home
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import SignedArtefact, sign
from tests.e2e.waiting import NO_TLS


class Desk:
    """Where policies are signed. It keeps what it signed where `seedbed up` keeps it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        transport = httpx2.HTTPTransport(uds=str(home.registry_socket), verify=NO_TLS)
        self._registry = httpx2.Client(transport=transport, base_url="http://registry")

    def close(self) -> None:
        self._registry.close()

    def in_force(self, server: str) -> SignedArtefact:
        """What was signed last for `server`."""
        return SignedArtefact.model_validate_json(self._kept(server).read_bytes())

    def decide(self, server: str, /, **changes: Any) -> int:
        """Put the next version in force, with `changes`; returns its number."""
        signed = self.signed(server, **changes)
        answer = self.hand_in(signed)
        assert answer.status_code == 200, answer.text
        self._kept(server).write_text(signed.model_dump_json())
        return int(answer.json()["version"])

    def signed(self, server: str, /, **changes: Any) -> SignedArtefact:
        """The policy in force as its next version, with `changes`."""
        before = json.loads(self.in_force(server).payload)
        artefact = PolicyArtefact.model_validate(before | {"version": before["version"] + 1} | changes)
        return sign(artefact, key=KEY_ID, private=self._home.signing_key())

    def hand_in(self, signed: SignedArtefact) -> httpx2.Response:
        """What the registry says to a signed policy."""
        body = signed.model_dump_json()
        return self._registry.put("/api/policies", content=body, headers={"content-type": "application/json"})

    def _kept(self, server: str) -> Path:
        return self._home.state / "signed" / f"{server}.json"
