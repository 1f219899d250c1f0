"""A setting is typed, has one name, and a secret never stands in the environment."""

from pathlib import Path

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from platform_core.errors import WiringError
from platform_core.settings import BaseUrl, SecretStr, Settings, settings_of


class ShopSettings(Settings, part="shop"):
    """Settings of a part that exists here alone."""

    engine_url: str = "http://127.0.0.1:8080"
    rows: int = Field(default=100, gt=0)
    owner: str
    password: SecretStr | None = None


@pytest.fixture(autouse=True)
def owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_SHOP_OWNER", "ana")


def test_a_setting_is_read_by_its_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_SHOP_ROWS", "7")
    monkeypatch.setenv("ROWS", "8")
    settings = ShopSettings.load()
    assert (settings.rows, settings.owner, settings.engine_url) == (7, "ana", "http://127.0.0.1:8080")


def test_an_empty_setting_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_SHOP_ROWS", "")
    assert ShopSettings.load().rows == 100


def test_every_fault_is_named_by_its_variable_and_never_by_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_SHOP_ROWS", "hunter2")
    monkeypatch.delenv("SEEDBED_SHOP_OWNER")
    with pytest.raises(WiringError) as refused:
        ShopSettings.load()
    assert "settings of shop" in str(refused.value)
    assert "SEEDBED_SHOP_ROWS: " in str(refused.value)
    assert "SEEDBED_SHOP_OWNER: Field required" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_secret_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    monkeypatch.setenv("SEEDBED_SHOP_PASSWORD_FILE", str(tmp_path / "password"))
    settings = ShopSettings.load()
    assert settings.password is not None
    assert settings.password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings)


def test_a_secret_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_SHOP_PASSWORD", "hunter2")
    with pytest.raises(WiringError, match="name its file in SEEDBED_SHOP_PASSWORD_FILE") as refused:
        ShopSettings.load()
    assert "hunter2" not in str(refused.value)


def test_a_missing_file_of_a_secret_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEEDBED_SHOP_PASSWORD_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(WiringError, match=r"SEEDBED_SHOP_PASSWORD_FILE names .*nowhere, which can't be read"):
        ShopSettings.load()


def test_the_listing_shows_defaults_and_nothing_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_SHOP_ENGINE_URL", "http://in-force")
    listing = ShopSettings.listing()
    assert [line.split() for line in listing.splitlines()] == [
        ["SEEDBED_SHOP_ENGINE_URL", "'http://127.0.0.1:8080'"],
        ["SEEDBED_SHOP_ROWS", "100"],
        ["SEEDBED_SHOP_OWNER", "required"],
        ["SEEDBED_SHOP_PASSWORD_FILE", "secret"],
    ]


def test_settings_do_not_change_after_they_were_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ShopSettings.load().rows = 8  # type: ignore[misc]


def test_the_settings_of_a_package_are_found() -> None:
    assert settings_of("tests.platform_core") == [ShopSettings]
    assert settings_of("tests.platform_core.shop") == []


@pytest.mark.parametrize(
    "url", ["engine:8080", "ftp://x", "https://", "https://u@x", "https://x?y=1", "https://x#y", ""]
)
def test_what_is_no_address_of_a_backend_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(BaseUrl).validate_python(url)


def test_an_address_of_a_backend_has_no_slash_at_its_end() -> None:
    assert TypeAdapter(BaseUrl).validate_python("https://x.example/history/") == "https://x.example/history"
