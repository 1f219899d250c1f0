"""The operator's words are checked before anybody is served."""

from pathlib import Path

import pytest

from platform_core import WiringError
from platform_core.registration.manifest import read_manifest
from servers.presto.settings import PrestoSettings


@pytest.mark.parametrize("url", ["trino:8080", "ftp://x", "https://", "https://x/path", "https://u@x", "https://x?y=1"])
def test_an_address_that_is_no_base_url_is_named(url: str) -> None:
    with pytest.raises(WiringError, match="SEEDBED_PRESTO_ENGINE_URL"):
        PrestoSettings.load(engine_url=url)


def test_a_password_is_sent_by_https_or_on_this_machine_only() -> None:
    login = {"engine_service_user": "svc", "engine_service_password": "secret"}
    PrestoSettings.load(engine_url="https://trino.example", **login)
    PrestoSettings.load(engine_url="http://127.0.0.1:8080", **login)
    with pytest.raises(WiringError, match="https") as caught:
        PrestoSettings.load(engine_url="http://trino.example", **login)
    assert "secret" not in str(caught.value)


def test_a_password_without_its_user_is_refused() -> None:
    with pytest.raises(WiringError, match="SERVICE_USER"):
        PrestoSettings.load(engine_url="https://trino.example", **{"engine_service_password": "secret"})


def test_the_password_is_read_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text("secret\n")
    monkeypatch.setenv("SEEDBED_PRESTO_ENGINE_URL", "https://trino.example")
    monkeypatch.setenv("SEEDBED_PRESTO_ENGINE_SERVICE_USER", "svc")
    monkeypatch.setenv("SEEDBED_PRESTO_ENGINE_SERVICE_PASSWORD_FILE", str(tmp_path / "password"))
    settings = PrestoSettings.load()
    assert settings.engine_service_password is not None
    assert settings.engine_service_password.get_secret_value() == "secret"
    assert "secret" not in repr(settings)


def test_every_need_of_the_manifest_is_a_setting() -> None:
    needs = read_manifest("servers.presto").needs
    assert {f"{part}_{name}" for part, names in needs.items() for name in names} <= set(PrestoSettings.model_fields)
