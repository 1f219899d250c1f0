"""What stands in for the reviews until the registry has them: servers are registered, their policies signed."""

import json
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import httpx2

from deploy.local.identity.keep import private_folder, write_private
from deploy.local.stack.home import ENVIRONMENTS, Home
from deploy.local.stack.keys import EMERGENCY
from deploy.local.stack.policies import Wanted, now
from deploy.local.stack.servers import Served
from platform_core.auth.clients import Environment
from platform_core.errors import WiringError
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import SignedArtefact
from platform_core.policy.suspend import Suspensions

JSON = {"content-type": "application/json"}
TRIES = 1_000
"""Versions that the signer may have used up for documents that never arrived anywhere."""
Tell = Callable[[str], None]


def govern(home: Home, wanted: Iterable[Wanted], again: Collection[str], tell: Tell) -> list[Served]:
    """Register every server, have its policy in force, and return those that may be started.

    An experiment that had its time is left out, unless `again` names it: that is a new decision.
    """
    with office(home) as desk:
        governed = [each.served for each in wanted if desk.put(each, again=each.served.name in again, tell=tell)]
        for environment in ENVIRONMENTS:
            desk.sign_anew_what_is_suspended(environment)
    return governed


@contextmanager
def office(home: Home) -> Generator["Office"]:
    """The office of a stack whose registry and signer run."""
    with _over(home.registry_socket) as registry, _over(home.signer_socket) as signer:
        yield Office(home, registry, signer)


class Office:
    """Asks the registry what is in force, and the signer, who alone has the key, for what should be."""

    def __init__(self, home: Home, registry: httpx2.Client, signer: httpx2.Client) -> None:
        self._home, self._registry, self._signer = home, registry, signer

    def put(self, wanted: Wanted, *, again: bool, tell: Tell) -> bool:
        """Have the wanted policy in force; returns whether there is one."""
        served, last = wanted.served, self._last(wanted.served)
        if last and not again and (ended := wanted.ended(opened(last), now=now())):
            tell(f"{served.name}: the experiment ended on {ended}; `seedbed up --again {served.name}` starts a new one")
            return False
        self._register(wanted)  # one that was withdrawn comes back with its last policy
        signed = self._wanted(wanted, self._last(served), again=again)
        self.hand_in(signed)
        self._keep(served, signed)
        artefact = opened(signed)
        tell(f"{served.part_name}: policy version {artefact.version}, contract {artefact.contract_digest[7:15]}")
        return True

    def in_force(self, environment: Environment) -> dict[str, SignedArtefact]:
        """The policies that the registry tells everybody who follows it, by server."""
        signed = [line["signed"] for line in self._snapshot(environment) if line["kind"] == "policy"]
        envelopes = [SignedArtefact.model_validate(each) for each in signed]
        return {opened(envelope).server: envelope for envelope in envelopes}

    def suspended(self, environment: Environment) -> SignedArtefact | None:
        """What the registry tells everybody to be closed."""
        signed = [line["signed"] for line in self._snapshot(environment) if line["kind"] == "suspensions"]
        return SignedArtefact.model_validate(signed[-1]) if signed else None

    def sign_anew_what_is_suspended(self, environment: Environment) -> None:
        """An older key may soon be pinned no more, and what it closed must stay closed."""
        before = self.suspended(environment)
        if before is None or before.key in (self._home.keys.signing, EMERGENCY):
            return
        closed = Suspensions.model_validate_json(before.payload)
        signed = self.sign(closed.model_copy(update={"version": closed.version + 1, "issued_at": now()}))
        write_private(self._home.suspensions / f"{environment}.json", signed.model_dump_json())

    def sign(self, document: PolicyArtefact | Suspensions) -> SignedArtefact:
        """`document` signed, under the next free version where its own was used before."""
        for version in range(document.version, document.version + TRIES):
            body = document.model_copy(update={"version": version}).model_dump_json(by_alias=True)
            answer = self._signer.post("/sign", content=body, headers=JSON)
            if answer.status_code != 409:
                return SignedArtefact.model_validate_json(_good(answer, "signer"))
        raise WiringError(f"the signer has used {TRIES} versions above those that the registry knows; look at its log")

    def hand_in(self, signed: SignedArtefact) -> None:
        """Have a signed policy in force."""
        _good(self._registry.put("/api/policies", content=signed.model_dump_json(), headers=JSON), "registry")

    def _wanted(self, wanted: Wanted, last: SignedArtefact | None, *, again: bool) -> SignedArtefact:
        """What is in force already, where that is still good and signed by the key of today."""
        if last is None:
            return self.sign(wanted.artefact(None, version=1, now=now()))
        before, moment = opened(last), now()
        artefact = wanted.artefact(None if again else before, version=before.version + 1, now=moment)
        current = last.key == self._home.keys.signing and wanted.still_good(before, artefact, now=moment)
        return last if current and not again and self._remembered(wanted.served) else self.sign(artefact)

    def _remembered(self, served: Served) -> bool:
        """Whether the registry has a policy of `served`. One that lost its memory may have told of higher versions than
        were kept here, and followers take no lower one: the signer knows what is above them all."""
        return served.name in self.in_force(served.environment)

    def _register(self, wanted: Wanted) -> None:
        path = f"/api/servers/{wanted.served.name}?environment={wanted.served.environment}"
        body = wanted.registration.model_dump_json(by_alias=True)
        _good(self._registry.put(path, content=body, headers=JSON), "registry")

    def _snapshot(self, environment: Environment) -> Generator[dict[str, object]]:
        asked = {"environment": environment}
        with self._registry.stream("GET", "/api/policies/stream", params=asked) as answer:
            for line in filter(None, answer.iter_lines()):
                said = json.loads(line)
                if said["kind"] == "current":
                    return
                yield said

    def _last(self, served: Served) -> SignedArtefact | None:
        """The highest version there was: the registry may have lost its memory, while followers keep theirs."""
        file = self._file(served)
        kept = SignedArtefact.model_validate_json(file.read_bytes()) if file.exists() else None
        known = [each for each in (self.in_force(served.environment).get(served.name), kept) if each]
        return max(known, key=lambda each: opened(each).version, default=None)

    def _keep(self, served: Served, signed: SignedArtefact) -> None:
        file = self._file(served)
        private_folder(file.parent)
        write_private(file, signed.model_dump_json())

    def _file(self, served: Served) -> Path:
        return self._home.state / "signed" / served.environment / f"{served.name}.json"


def opened(signed: SignedArtefact) -> PolicyArtefact:
    """The policy inside; whether to obey it is for those who pin keys."""
    return PolicyArtefact.model_validate_json(signed.payload)


def _good(answer: httpx2.Response, who: str) -> bytes:
    if answer.status_code != 200:
        raise WiringError(f"the {who} refused {answer.url.path}: {answer.status_code} {answer.text[:500]}")
    return answer.content


@contextmanager
def _over(socket: Path) -> Generator[httpx2.Client]:
    transport = httpx2.HTTPTransport(uds=str(socket))
    with httpx2.Client(transport=transport, base_url="http://platform", timeout=30) as client:
        yield client
