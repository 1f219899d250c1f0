"""What refuses to be hosted: proved where only wheels are installed, for in the repository all of it is at hand."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from platform_core.testing.people import ROLE_GROUPS
from tests.repo.wheels import Installed

pytestmark = pytest.mark.wheels
PARTS = {
    "server": ("-m", "deploy.seed"), "registry": ("-m", "registry"), "signer": ("-m", "registry.signer"),
    "gateway": ("-m", "gateway"),
}  # fmt: skip
ENVIRONMENTS = pytest.mark.parametrize("environment", ["production", "dev"])
COMPANYS = "https://login.example.com"
KEY = "2vKQXvWWQqPDyT6dyGIZcQ1OGHHKMwUmTu5sXDoIr2M="
"""Any 32 bytes."""


@pytest.fixture(scope="module")
def hosted(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A machine with the parts that are hosted, and no more."""
    here = Installed(folder=tmp_path_factory.mktemp("hosted"), dist=dist)
    return here.made("seedbed-registry", "seedbed-gateway", "seedbed-server-seed")


@pytest.fixture(scope="module")
def beside(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The same with what is for one machine alone."""
    return Installed(folder=tmp_path_factory.mktemp("beside"), dist=dist).made("seedbed-local")


def settings(folder: Path, **changed: str) -> dict[str, str]:
    """All that the parts need to be told, fit to be hosted but for what is changed."""
    pins = json.dumps({"policy": {changed.pop("pinned", "company-1"): KEY}})
    (folder / "pins.json").write_text(pins)
    (folder / "secret").write_text("secret")
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    doors = {"production": {"base": "https://mcp.example.com", "edge_port": 8443}}
    told = {
        "PLATFORM_BASE": "https://mcp.example.com", "PLATFORM_RUN": str(folder / "run"),
        "PLATFORM_STATE": str(folder / "state"), "PLATFORM_REGISTRY_SOCKET": str(folder / "nobody" / "r.sock"),
        "PLATFORM_POLICY_KEYS_FILE": str(folder / "pins.json"), "AUTH_ISSUER": COMPANYS,
        "AUTH_JWKS_URL": f"{COMPANYS}/jwks", "SERVER_START_SECONDS": "0.2", "SIGNER_KEY_ID": "company-1",
        "SIGNER_KEY_FILE": str(folder / "key.pem"), "REGISTRY_CLIENT_SECRET_FILE": str(folder / "secret"),
        "REGISTRY_PROBE_SECRET_FILE": str(folder / "secret"), "REGISTRY_ROLE_GROUPS": json.dumps(dict(ROLE_GROUPS)),
        "GATEWAY_ENVIRONMENTS": json.dumps(doors),
    }  # fmt: skip
    return {f"SEEDBED_{name}": value for name, value in (told | changed).items()}


def refusal(where: Installed, part: str, told: Mapping[str, str]) -> str:
    """The last words of a part that does not start."""
    done = where.ends(where.python, *PARTS[part], settings=told)
    assert done.returncode != 0
    return done.stderr


@ENVIRONMENTS
@pytest.mark.parametrize("part", ["server", "registry", "gateway"])
def test_a_loopback_or_http_issuer_is_refused(hosted: Installed, tmp_path: Path, part: str, environment: str) -> None:
    for issuer in ("http://login.example.com", "https://127.0.0.1:8443"):
        told = settings(tmp_path, AUTH_ISSUER=issuer, PLATFORM_ENVIRONMENT=environment)
        said = refusal(hosted, part, told)
        assert f"SEEDBED_AUTH_ISSUER is {issuer}; name an issuer behind https on another machine" in said


@ENVIRONMENTS
@pytest.mark.parametrize("part", ["server", "registry", "gateway"])
def test_a_pinned_key_of_a_developers_machine_is_refused(
    hosted: Installed, tmp_path: Path, part: str, environment: str
) -> None:
    said = refusal(hosted, part, settings(tmp_path, pinned="dev-1", PLATFORM_ENVIRONMENT=environment))
    assert "the key dev-1 is one of a developer's machine; pin and use keys that your own signer made" in said


def test_a_signing_key_of_a_developers_machine_is_refused(hosted: Installed, tmp_path: Path) -> None:
    said = refusal(hosted, "signer", settings(tmp_path, SIGNER_KEY_ID="dev-1"))
    assert "the key dev-1 is one of a developer's machine; pin and use keys that your own signer made" in said


@pytest.mark.parametrize("word", ["", "hosted"])
@pytest.mark.parametrize("part", ["server", "signer"])
def test_what_is_fit_to_be_hosted_gets_past_this(hosted: Installed, tmp_path: Path, part: str, word: str) -> None:
    said = refusal(hosted, part, settings(tmp_path) | {"SEEDBED_STACK": word or "hosted"})
    assert "does not start like this" not in said
    assert {"server": "got no policy or no key set", "signer": "nobody would believe company-1"}[part] in said


@ENVIRONMENTS
@pytest.mark.parametrize("part", PARTS)
def test_beside_what_is_never_hosted_nothing_starts(
    beside: Installed, tmp_path: Path, part: str, environment: str
) -> None:
    said = refusal(beside, part, settings(tmp_path, PLATFORM_ENVIRONMENT=environment))
    assert "deploy.local can be imported here; uninstall seedbed-local, which is never hosted" in said
