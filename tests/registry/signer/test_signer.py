"""The signer as a process: one operation behind a closed door, and no version leaves twice."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.keys import read_pinned_keys
from platform_core.policy.sign import SignedArtefact, verify, verify_suspensions
from platform_core.policy.suspend import Suspension, Suspensions
from tests.registry.stage import KEY, PATIENCE, Signer, registration


def pem(private: Ed25519PrivateKey) -> str:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def settings_of(folder: Path, signer: Signer) -> dict[str, str]:
    (folder / "key.pem").write_text(pem(signer.private))
    return {
        "SEEDBED_STACK": "local",
        "SEEDBED_PLATFORM_BASE": "http://127.0.0.1:7301",
        "SEEDBED_PLATFORM_RUN": str(folder),
        "SEEDBED_PLATFORM_STATE": str(folder / "state"),
        "SEEDBED_PLATFORM_REGISTRY_SOCKET": str(folder / "platform" / "registry.sock"),
        "SEEDBED_PLATFORM_POLICY_KEYS_FILE": str(signer.pin(folder / "keys.json")),
        "SEEDBED_SIGNER_KEY_FILE": str(folder / "key.pem"),
        "SEEDBED_SIGNER_KEY_ID": KEY,
    }


def start(settings: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "registry.signer"], env=os.environ | settings, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def running(settings: dict[str, str]) -> Generator[httpx2.Client]:
    """The process, and a client at its socket; it ends by SIGTERM and has said no traceback."""
    process = start(settings)
    socket = Path(settings["SEEDBED_PLATFORM_RUN"]) / "signer" / "signer.sock"
    try:
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(socket)), base_url="http://signer") as client:
            _wait(socket, process)
            client.get("/health/ready").raise_for_status()
            yield client
    finally:
        process.terminate()
        said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert "PRIVATE KEY" not in said
    assert not socket.exists()


def _wait(socket: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not socket.is_socket():
        assert process.poll() is None, "the signer ended"
        assert time.monotonic() < deadline, "the signer never listened"
        time.sleep(0.02)


def policy(*, version: int = 1, **changed: Any) -> dict[str, Any]:
    signed = Signer().policy(registration("presto"), version=version, **changed)
    return PolicyArtefact.model_validate_json(signed.payload).model_dump(mode="json", by_alias=True)


def suspensions(*, version: int = 1, **changed: Any) -> dict[str, Any]:
    entry = Suspension(server="presto", reason="leaks", by="olu", at=int(time.time()))
    fields: dict[str, Any] = {"environment": "production", "version": version, "issued_at": entry.at}
    return Suspensions.model_validate(fields | {"entries": (entry,)} | changed).model_dump(mode="json")


def test_what_it_signs_is_believed_by_every_follower(folder: Path, signer: Signer) -> None:
    with running(settings_of(folder, signer)) as client:
        answers = [client.post("/sign", json=document) for document in (policy(), suspensions())]
    first, second = [SignedArtefact.model_validate_json(answer.raise_for_status().content) for answer in answers]
    pinned = read_pinned_keys(folder / "keys.json")
    assert verify(first, pinned).server == "presto"
    assert verify_suspensions(second, pinned).entries[0].server == "presto"


def test_nobody_but_its_own_account_comes_to_its_socket(folder: Path, signer: Signer) -> None:
    with running(settings_of(folder, signer)):
        assert stat.S_IMODE((folder / "signer").stat().st_mode) == 0o700


def test_no_two_documents_leave_under_one_version_not_even_after_a_restart(folder: Path, signer: Signer) -> None:
    settings, document = settings_of(folder, signer), policy(version=5)
    with running(settings) as client:
        first = client.post("/sign", json=document)
    with running(settings) as client:
        assert client.post("/sign", json=document).content == first.content
        for version in (4, 5):
            answer = client.post("/sign", json=policy(version=version, how_to_ask="ask somebody else"))
            assert (answer.status_code, answer.json()["code"]) == (409, "not_newer")
        assert client.post("/sign", json=policy(version=6)).status_code == 200


def test_versions_rise_for_each_environment_and_for_suspensions_by_themselves(folder: Path, signer: Signer) -> None:
    documents = [policy(version=3), policy(version=1, environment="dev")]
    documents += [suspensions(version=2), suspensions(version=1, environment="dev")]
    with running(settings_of(folder, signer)) as client:
        assert [client.post("/sign", json=document).status_code for document in documents] == [200] * 4
        assert client.post("/sign", json=suspensions(version=2, entries=())).status_code == 409


def test_a_policy_that_would_live_too_long_or_is_from_the_future_is_not_signed(folder: Path, signer: Signer) -> None:
    now = int(time.time())
    wrong = {
        "signer/lifetime": policy(not_after=now + 91 * 86_400),
        "signer/future": policy(issued_at=now + 3_600),
    }
    with running(settings_of(folder, signer)) as client:
        for rule, document in wrong.items():
            answer = client.post("/sign", json=document)
            assert (answer.status_code, answer.json()["rule"]) == (400, rule)
        assert client.post("/sign", json=policy()).status_code == 200


@pytest.mark.parametrize("body", ["", "{", "[]", "5", '{"kind": "suspensions"}', '{"payload": "e30="}'])
def test_what_is_no_document_is_refused(folder: Path, signer: Signer, body: str) -> None:
    with running(settings_of(folder, signer)) as client:
        answer = client.post("/sign", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_key_that_nobody_pinned_starts_nothing(folder: Path, signer: Signer) -> None:
    settings = settings_of(folder, signer)
    (folder / "key.pem").write_text(pem(Ed25519PrivateKey.generate()))
    process = start(settings)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1
    assert said == f"signer: nobody would believe {KEY}: it is not pinned in {folder / 'keys.json'}\n"


def test_a_ledger_that_cannot_be_read_starts_nothing(folder: Path, signer: Signer) -> None:
    settings = settings_of(folder, signer)
    (folder / "state" / "signer").mkdir(parents=True)
    (folder / "state" / "signer" / "ledger.json").write_text("{")
    process = start(settings)
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1
    assert "a version could be signed twice" in said


def test_without_a_place_for_its_ledger_it_signs_nothing(folder: Path, signer: Signer) -> None:
    settings = settings_of(folder, signer) | {"SEEDBED_SIGNER_LEDGER": "/proc/seedbed/ledger.json"}
    with running(settings) as client:
        answer = client.post("/sign", json=policy())
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
