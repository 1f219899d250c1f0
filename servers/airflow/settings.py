"""Where Airflow is, who people are to it, and which DAGs are theirs: the operator's words."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from platform_core.settings import BaseUrl, SecretStr, Settings

Role = Literal["viewer", "user", "op", "admin"]
"""Roles of Airflow's own; one that it does not know makes it answer 500, so it never gets another."""


class AirflowSettings(Settings, part="airflow"):
    """`SEEDBED_AIRFLOW_*`."""

    url: BaseUrl = "http://127.0.0.1:8080"
    """Base URL of its API server, without /api/v2."""
    page: BaseUrl | None = None
    """Where people open it in a browser, if that is elsewhere."""
    api: Literal["v2", "v1"] = "v2"
    """Of Airflow 3, or of Airflow 2.11, which is read and never changed."""
    secret: SecretStr | None = None
    """`[api_auth] jwt_secret`: with it each call bears a token of 60 s in the person's own name."""
    token: SecretStr | None = None
    """Token of a service account, where the secret is not shared: runs then name the person in their note."""
    user: str = ""
    """Name of a service account that signs in by password, as Airflow 2 may want it."""
    password: SecretStr | None = None
    roles: dict[str, Role] = Field(default={})
    """Group to Airflow's role, as JSON; a person has the highest of theirs, else `role`."""
    role: Role = "viewer"
    """Of people in none of those groups."""
    reads: dict[str, tuple[str, ...]] = Field(default={"*": ("*",)})
    """Group to patterns of DAG ids that its members may see, as JSON; the group `*` is everybody."""
    changes: dict[str, tuple[str, ...]] = Field(default={})
    """Group to patterns of DAG ids that its members may change, beside those that their group owns."""
    seconds: Annotated[float, Field(gt=0, le=120)] = 20
    """Patience with one request."""
    most_log_bytes: Annotated[int, Field(ge=1 << 16)] = 1 << 30
    """Bytes of one log that are read."""
    catalogue_seconds: Annotated[float, Field(ge=0)] = 15
    """How old the list of DAGs may be."""

    exchange_url: BaseUrl | None = None
    """Token endpoint of the identity provider whose tokens Airflow takes (RFC 8693), where FAB or Keycloak signs in."""
    exchange_client: str = "seedbed-airflow"
    """Name of this server there."""
    exchange_key: SecretStr | None = None
    """Its private key, P-256 as PEM; the provider has the public half and believes it who calls."""
    exchange_audience: str = "airflow"
    """Whom the token is for."""

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        ways = {
            "SECRET_FILE": self.secret, "TOKEN_FILE": self.token,
            "PASSWORD_FILE": self.password, "EXCHANGE_KEY_FILE": self.exchange_key,
        }  # fmt: skip
        if len(given := [f"SEEDBED_AIRFLOW_{name}" for name, value in ways.items() if value is not None]) > 1:
            raise ValueError(f"set one of {' and '.join(given)}: there is one way to sign in")
        if (self.password is None) != (not self.user):
            raise ValueError("SEEDBED_AIRFLOW_USER and SEEDBED_AIRFLOW_PASSWORD_FILE belong together")
        if (self.exchange_key is None) != (self.exchange_url is None):
            raise ValueError("SEEDBED_AIRFLOW_EXCHANGE_URL and SEEDBED_AIRFLOW_EXCHANGE_KEY_FILE belong together")
        if self.api == "v1" and self.secret:
            raise ValueError("Airflow 2 knows no SEEDBED_AIRFLOW_SECRET: give it a service account's token or password")
        return self
