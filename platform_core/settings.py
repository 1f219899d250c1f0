"""Typed settings from `SEEDBED_<PART>_<NAME>`, secrets from the files that `..._FILE` names."""

import os
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from platform_core.errors import WiringError


def _base_url(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or url.username:
        raise ValueError("must be http(s)://host:port, with a path at the most")
    return text.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url)]
"""Where a backend is: without a slash at its end, and without a login, which belongs into settings of its own."""


class Settings(BaseSettings):
    """Settings of one part. Subclass with `part="presto"`; a `SecretStr` field is read from the file its `_FILE` names.

    class PrestoSettings(Settings, part="presto"):
        engine_url: str = "http://127.0.0.1:8080"      # SEEDBED_PRESTO_ENGINE_URL
        service_password: SecretStr | None = None      # SEEDBED_PRESTO_SERVICE_PASSWORD_FILE
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)
    part: ClassVar[str]

    def __init_subclass__(cls, *, part: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.part = part
        cls.model_config = SettingsConfigDict(cls.model_config, env_prefix=f"SEEDBED_{part.upper()}_")

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment, or raise `WiringError` that names each variable to mend (never its value)."""
        try:
            return cls(**(_secrets(cls) | overrides))
        except ValidationError as error:
            named = [(cls.variable(str(e["loc"][0])) if e["loc"] else "together", e["msg"]) for e in error.errors()]
            faults = "; ".join(f"{where}: {what}" for where, what in named)
            raise WiringError(f"settings of {cls.part}: {faults}") from None
        except SettingsError as error:
            raise WiringError(f"settings of {cls.part}: {error}; lists and objects are written as JSON") from None

    @classmethod
    def variable(cls, field: str) -> str:
        """The environment variable of `field`."""
        name = f"SEEDBED_{cls.part.upper()}_{field.upper()}"
        return f"{name}_FILE" if field in cls.model_fields and _is_secret(cls, field) else name

    @classmethod
    def listing(cls) -> str:
        """All settings of the part with their defaults, one a line; never a value in force."""
        return "\n".join(f"{cls.variable(name):44} {cls._default(name)}" for name in cls.model_fields)

    @classmethod
    def _default(cls, name: str) -> str:
        field = cls.model_fields[name]
        return "secret" if _is_secret(cls, name) else "required" if field.is_required() else repr(field.default)


def _is_secret(cls: type[Settings], field: str) -> bool:
    return "SecretStr" in str(cls.model_fields[field].annotation)


def _secrets(cls: type[Settings]) -> dict[str, str]:
    """Contents of the files that the `_FILE` variables name; a secret is never taken from the environment itself."""
    found: dict[str, str] = {}
    for name in filter(lambda name: _is_secret(cls, name), cls.model_fields):
        variable = cls.variable(name)
        if variable.removesuffix("_FILE") in os.environ:
            raise WiringError(
                f"a secret does not stand in {variable.removesuffix('_FILE')}: name its file in {variable}"
            )
        if path := os.environ.get(variable):
            found[name] = _read(variable, Path(path))
    return found


def settings_of(package: str) -> list[type[Settings]]:
    """The settings that the modules of `package` define."""
    return [part for part in Settings.__subclasses__() if part.__module__.startswith(f"{package}.")]


def _read(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise WiringError(f"{variable} names {path}, which can't be read: {error.strerror}") from None


__all__ = ["BaseUrl", "SecretStr", "Settings", "settings_of"]
