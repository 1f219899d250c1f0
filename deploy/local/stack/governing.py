"""What stands in for the reviews until the registry has them: the written policies, signed with the dev key."""

import json
import subprocess
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx2
import yaml
from pydantic import ValidationError

from deploy.local.stack.home import KEY_ID, Home
from deploy.local.stack.parts import Part
from platform_core.errors import WiringError
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import SignedArtefact, sign
from platform_core.registration.contract import Registration

DAYS = 90
"""Life of a locally signed policy; it is renewed when less than half is left."""


def written() -> dict[str, dict[str, Any]]:
    """The policies of `deploy/local/policies/*.yaml`, by server."""
    folder = files("deploy.local").joinpath("policies")
    texts = [entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    policies: list[dict[str, Any]] = [yaml.safe_load(text) for text in texts]
    return {policy["server"]: policy for policy in policies}


def described(part: Part) -> Registration:
    """Ask a server what it is, in a process of its own."""
    answer = subprocess.run([*part.command, "--describe"], capture_output=True, text=True, check=False)  # noqa: S603
    if answer.returncode != 0:
        raise WiringError(f"{part.says} can't describe itself:\n{answer.stderr.strip()[-2000:]}")
    return Registration.model_validate_json(answer.stdout)


def govern(home: Home, registrations: list[Registration], tell: Callable[[str], None]) -> None:
    """Register every server and put the policy of each that has one."""
    policies = written()
    transport = httpx2.HTTPTransport(uds=str(home.registry_socket))
    with httpx2.Client(transport=transport, base_url="http://registry", timeout=30) as registry:
        for registration in registrations:
            name = registration.manifest.name
            body = registration.model_dump_json(by_alias=True)
            _put(registry, f"/api/servers/{name}?environment=production", body)
            if name in policies:
                signed, version = _signed(home, registration, policies[name])
                _put(registry, "/api/policies", signed.model_dump_json())
                tell(f"{name}: policy version {version}, contract {registration.contract.digest[7:15]}")


def _put(registry: httpx2.Client, path: str, body: str) -> None:
    answer = registry.put(path, content=body, headers={"content-type": "application/json"})
    if answer.status_code != 200:
        raise WiringError(f"the registry refused {path.partition('?')[0]}: {answer.status_code} {answer.text[:500]}")


def _signed(home: Home, registration: Registration, policy: dict[str, Any]) -> tuple[SignedArtefact, int]:
    """The kept signature where nothing changed and enough life is left, else a new one with the next version."""
    kept_file = home.state / "signed" / f"{registration.manifest.name}.json"
    kept = _kept(kept_file)
    now = int(time.time())
    artefact = _artefact(registration, policy, version=kept.version + 1 if kept else 1, now=now)
    if kept is not None and _substance(kept) == _substance(artefact) and kept.not_after - now > DAYS * 43_200:
        return SignedArtefact.model_validate_json(kept_file.read_bytes()), kept.version
    signed = sign(artefact, key=KEY_ID, private=home.signing_key())
    kept_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept_file.write_text(signed.model_dump_json())
    return signed, artefact.version


def _artefact(registration: Registration, policy: dict[str, Any], *, version: int, now: int) -> PolicyArtefact:
    changing = {
        "version": version,
        "issued_at": now,
        "not_after": now + DAYS * 86_400,
        "contract_digest": registration.contract.digest,
    }
    try:
        return PolicyArtefact.model_validate(policy | changing)
    except ValidationError as error:
        raise WiringError(f"deploy/local/policies/{policy['server']}.yaml: {error}") from None


def _kept(file: Path) -> PolicyArtefact | None:
    if not file.exists():
        return None
    return PolicyArtefact.model_validate_json(SignedArtefact.model_validate_json(file.read_bytes()).payload)


def _substance(artefact: PolicyArtefact) -> str:
    moving = {"version", "issued_at", "not_after"}
    return json.dumps(artefact.model_dump(mode="json", exclude=moving, by_alias=True), sort_keys=True)
