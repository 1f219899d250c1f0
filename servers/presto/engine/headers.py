"""What a request says to the engine: as whom, for which call, within which limits."""

import base64
import ssl

from servers.presto.asker import Asker
from servers.presto.settings import PrestoSettings

SOURCE = "seedbed-presto"
_PREFIX = {"trino": "X-Trino-", "presto": "X-Presto-"}


def headers(settings: PrestoSettings, asker: Asker, seconds: float | None = None) -> dict[str, str]:
    """The person is the user; the service's login only opens the door. No token of the person is ever among them.

    `seconds`: how long the statement may run, where that is less than the operator allows.
    """
    longest = min(seconds or settings.most_run_seconds, settings.most_run_seconds)
    said = {
        "User": asker.person,
        "Source": SOURCE,
        "Time-Zone": "UTC",
        "Client-Tags": ",".join(asker.tags),
        "Trace-Token": asker.trace_token,
        "Session": f"query_max_run_time={longest:.0f}s",
        # Trino cuts times to milliseconds for clients that don't say that they know better.
        "Client-Capabilities": "PARAMETRIC_DATETIME" if settings.engine_kind == "trino" else "",
    }
    prefix = _PREFIX[settings.engine_kind]
    return {f"{prefix}{name}": value for name, value in said.items() if value} | _login(settings)


def tls(settings: PrestoSettings) -> ssl.SSLContext | bool:
    """How the engine proves who it is."""
    if not settings.engine_url.startswith("https:"):
        return False
    return ssl.create_default_context(cafile=settings.engine_ca)


def _login(settings: PrestoSettings) -> dict[str, str]:
    if settings.engine_service_token is not None:
        return {"Authorization": f"Bearer {settings.engine_service_token.get_secret_value()}"}
    if settings.engine_service_password is None:
        return {}
    pair = f"{settings.engine_service_user}:{settings.engine_service_password.get_secret_value()}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
