"""What is made for one machine is never hosted, and what runs on one machine is not reached from another."""

from collections.abc import Iterable

import pytest

from platform_core.auth.settings import AuthSettings
from platform_core.errors import WiringError
from platform_core.hosted import check_stack

COMPANYS = "https://login.example.com"


def an_issuer(issuer: str = COMPANYS, jwks_url: str = f"{COMPANYS}/jwks") -> AuthSettings:
    return AuthSettings(issuer=issuer, jwks_url=jwks_url)


def refusal(
    monkeypatch: pytest.MonkeyPatch, stack: str | None, *, auth: AuthSettings | None = None,
    keys: Iterable[str] = (), hosts: Iterable[str] = (),
) -> str:  # fmt: skip
    """What a part says that does not start."""
    monkeypatch.delenv("SEEDBED_STACK", raising=False)
    if stack:
        monkeypatch.setenv("SEEDBED_STACK", stack)
    with pytest.raises(WiringError) as refused:
        check_stack(auth=auth, keys=keys, hosts=hosts)
    return str(refused.value)


@pytest.mark.parametrize("stack", [None, "hosted"])
@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.com", "http://127.0.0.1:8788", "https://127.0.0.1", "https://[::1]:8443",
        "https://localhost", "https://idp.localhost", "https://127.8.8.8",
    ],
)  # fmt: skip
def test_a_hosted_part_believes_no_issuer_on_loopback_or_behind_http(
    monkeypatch: pytest.MonkeyPatch, stack: str | None, issuer: str
) -> None:
    assert f"SEEDBED_AUTH_ISSUER is {issuer}; name" in refusal(monkeypatch, stack, auth=an_issuer(issuer))
    said = refusal(monkeypatch, stack, auth=an_issuer(jwks_url=f"{issuer}/jwks"))
    assert f"SEEDBED_AUTH_JWKS_URL is {issuer}/jwks; name" in said
    assert "SEEDBED_AUTH_ISSUER" not in said


def test_a_hosted_part_obeys_no_key_of_a_developers_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, None, keys=("prod-1", "dev-1", "dev-emergency"))
    assert "the key dev-1 is" in said
    assert "the key dev-emergency is" in said
    assert "prod-1" not in said


def test_a_hosted_part_does_not_start_beside_what_is_never_hosted(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, None, auth=an_issuer(), keys=("prod-1",))
    assert said.endswith("does not start like this: deploy.local can be imported here; uninstall seedbed-local, which "
                         "is never hosted")  # fmt: skip


def test_all_that_is_to_be_mended_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, None, auth=an_issuer("http://127.0.0.1:1"), keys=("dev-1",))
    assert said.count("; name an issuer") + said.count("; pin and use") + said.count("; uninstall") == 3


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.4", "example.com"])  # noqa: S104 - refused here
def test_a_local_part_listens_on_loopback_alone(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert f"it would listen on {host}" in refusal(monkeypatch, "local", hosts=("127.0.0.1", host))


def test_a_local_part_may_have_all_that_belongs_to_its_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_STACK", "local")
    check_stack(auth=an_issuer("http://127.0.0.1:1"), keys=("dev-1",), hosts=("127.0.0.1", "::1", "localhost"))


def test_a_word_that_is_neither_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "it is `hosted` or `local`" in refusal(monkeypatch, "Local")
