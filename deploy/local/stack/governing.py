"""Every server is brought under a policy: by reviews where it is to be live, by its own wish where it is tried out."""

import json
from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import httpx2

from deploy.local.identity.keep import private_folder, write_private
from deploy.local.stack import experiments
from deploy.local.stack.describing import Told
from deploy.local.stack.experiments import now
from deploy.local.stack.home import ENVIRONMENTS, Home
from deploy.local.stack.keys import EMERGENCY
from deploy.local.stack.persons import persons
from deploy.local.stack.reviewing import Tell, bring_live
from deploy.local.stack.servers import Served
from platform_core.auth.clients import Environment
from platform_core.errors import WiringError
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import SignedArtefact
from platform_core.policy.suspend import Suspensions

JSON = {"content-type": "application/json"}
TRIES = 1_000
"""Versions that the signer may have used up for documents that never arrived anywhere."""


def govern(home: Home, servers: Iterable[Told], again: Collection[str], tell: Tell) -> list[Served]:
    """Have a policy in force for every server, and return those that may be started.

    An experiment that had its time is left out, unless `again` names it: that is a new decision.
    """
    every = list(servers)
    with persons(home) as people:
        bring_live(people, (each for each in every if each.served.live), tell)
    with office(home) as desk:
        desk.sign_anew()
        left_out = [
            each.served
            for each in every
            if not each.served.live and not desk.try_out(each, again=each.served.name in again, tell=tell)
        ]
    return [each.served for each in every if each.served not in left_out]


@contextmanager
def office(home: Home) -> Generator["Office"]:
    """The office of a stack whose registry and signer run."""
    with _over(home.registry_socket) as registry, _over(home.signer_socket) as signer:
        yield Office(home, registry, signer)


class Office:
    """Asks the registry what is in force, and the signer, who alone has the key, for what should be."""

    def __init__(self, home: Home, registry: httpx2.Client, signer: httpx2.Client) -> None:
        self._home, self._registry, self._signer = home, registry, signer

    def try_out(self, told: Told, *, again: bool, tell: Tell) -> bool:
        """Have the policy of an experiment in force; returns whether there is one."""
        served, last = told.served, self._last(told.served)
        if last and not again and (ended := experiments.ended(opened(last), now=now())):
            tell(f"{served.name}: the experiment ended on {ended}; `seedbed up --again {served.name}` starts a new one")
            return False
        self._register(told)  # one that was withdrawn comes back with its last policy
        signed = self._wanted(told, self._last(served), again=again)
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

    def sign_anew(self) -> None:
        """An older key may soon be pinned no more: what it opened must stay open, and what it closed, closed."""
        key = self._home.keys.signing
        _good(self._registry.post("/api/policies/sign-anew", json={"key": key}), "registry")
        for environment in ENVIRONMENTS:
            self._sign_anew_what_is_suspended(environment)

    def _sign_anew_what_is_suspended(self, environment: Environment) -> None:
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

    def _wanted(self, told: Told, last: SignedArtefact | None, *, again: bool) -> SignedArtefact:
        """What is in force already, where that is still good."""
        said, moment = told.registration, now()
        if last is None:
            return self.sign(experiments.wanted(said, None, version=1, now=moment))
        before = opened(last)
        artefact = experiments.wanted(said, None if again else before, version=before.version + 1, now=moment)
        current = last.key == self._home.keys.signing and experiments.still_good(before, artefact, now=moment)
        return last if current and not again and self._remembered(told.served) else self.sign(artefact)

    def _remembered(self, served: Served) -> bool:
        """Whether the registry has a policy of `served`. One that lost its memory may have told of higher versions than
        were kept here, and followers take no lower one: the signer knows what is above them all."""
        return served.name in self.in_force(served.environment)

    def _register(self, told: Told) -> None:
        path = f"/api/servers/{told.served.name}?environment={told.served.environment}"
        body = told.registration.model_dump_json(by_alias=True)
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
