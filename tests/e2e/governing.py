"""A decision taken anew: the owner wishes something else, and the reviewers of the stack grant it."""

import json
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.local.stack.describing import Told
from deploy.local.stack.governing import office, opened
from deploy.local.stack.home import Home
from deploy.local.stack.persons import persons
from deploy.local.stack.reviewing import bring_live
from deploy.local.stack.servers import Served
from deploy.seed.server import server as seed
from platform_core.auth.clients import Environment
from platform_core.command import describe
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import SignedArtefact, sign
from platform_core.registration.contract import Registration
from tests.e2e.waiting import NO_TLS


def stolen(home: Home, key: str) -> Ed25519PrivateKey:
    """The private half of a key of this stack."""
    private = load_pem_private_key(home.keys.private(key).read_bytes(), password=None)
    assert isinstance(private, Ed25519PrivateKey)
    return private


class Desk:
    """Where policies are decided on."""

    def __init__(self, home: Home, environment: Environment = "production") -> None:
        self._home = home
        self._environment: Environment = environment
        transport = httpx2.HTTPTransport(uds=str(home.registry_socket), verify=NO_TLS)
        self._registry = httpx2.Client(transport=transport, base_url="http://registry")

    def close(self) -> None:
        self._registry.close()

    def in_force(self, server: str) -> SignedArtefact:
        """What the registry tells everybody of `server`."""
        with office(self._home) as desk:
            return desk.in_force(self._environment)[server]

    def decide(self, **wished: Any) -> int:
        """Have the seed reviewed anew with another wish, its own without one; returns the version that is in force."""
        said = describe(seed).model_dump(mode="json", by_alias=True)
        said["manifest"]["proposes"] |= wished
        served = Served(name="seed", module="deploy.seed", environment="production")
        with persons(self._home) as people:
            bring_live(people, [Told(served=served, registration=Registration.model_validate(said))], print)
        return opened(self.in_force("seed")).version

    def signed(self, server: str, /, **changes: Any) -> SignedArtefact:
        """The policy in force as its next version, with `changes`."""
        with office(self._home) as desk:
            return desk.sign(self.artefact(server, **changes))

    def artefact(self, server: str, /, **changes: Any) -> PolicyArtefact:
        """The same, unsigned."""
        before = json.loads(self.in_force(server).payload)
        return PolicyArtefact.model_validate(before | {"version": before["version"] + 1} | changes)

    def forged(self, server: str, /, *, by: str = "", **changes: Any) -> SignedArtefact:
        """The same, signed by somebody who stole a key, the signer's if no other is named, and asks nobody."""
        key = by or self._home.keys.signing
        return sign(self.artefact(server, **changes), key=key, private=stolen(self._home, key))

    def hand_in(self, signed: SignedArtefact) -> httpx2.Response:
        """What the registry says to a signed policy."""
        body = signed.model_dump_json()
        return self._registry.put("/api/policies", content=body, headers={"content-type": "application/json"})
