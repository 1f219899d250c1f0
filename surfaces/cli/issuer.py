"""The identity provider behind a platform: found by discovery, asked by the device flow."""

import base64
import time
from dataclasses import dataclass, replace

from surfaces.cli import places, reading, web
from surfaces.cli.failures import Failed, NotLoggedIn, Unreachable, Unusable
from surfaces.cli.logins import Login
from surfaces.cli.places import Place

SCOPE = "openid offline_access mcp"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SLOWER_BY = 5  # RFC 8628, 3.5


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """What discovery says of the login to one environment."""

    place: Place
    edge: str
    """Where the servers of the environment are."""
    issuer: str
    token_endpoint: str
    device_authorization_endpoint: str
    revocation_endpoint: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A device flow under way: what the person needs, and what only this process may know."""

    device_code: str
    user_code: str
    link: str
    interval: float
    ends_at: float


def discover(place: Place) -> Issuer:
    """Find who signs people in there."""
    whose = f"{place.url}/.well-known/oauth-protected-resource"
    platform = web.document(whose)
    servers = [server for server in reading.items(platform, "authorization_servers") if server]
    if not servers or not isinstance(servers[0], str):
        raise Unreachable(f"{whose} names no authorization server: is this a Seedbed platform?")
    issuer = places.trusted(servers[0].rstrip("/"), "The authorization server")
    about = web.document(f"{issuer}/.well-known/openid-configuration")
    if reading.text(about, "issuer", issuer) != servers[0]:
        raise Unreachable(f"{issuer} says that it is somebody else; nothing was sent to it.")
    return Issuer(
        place=place,
        edge=_edge(place, platform),
        issuer=servers[0],
        token_endpoint=_endpoint(about, "token_endpoint", issuer),
        device_authorization_endpoint=_endpoint(about, "device_authorization_endpoint", issuer),
        revocation_endpoint=_endpoint(about, "revocation_endpoint", issuer) if "revocation_endpoint" in about else "",
    )


def ask(issuer: Issuer) -> Asked:
    """Begin a device flow."""
    answer = web.post(issuer.device_authorization_endpoint, {"client_id": issuer.place.client, "scope": SCOPE})
    if answer.status_code != 200:
        raise web.no(answer.status_code, answer.content, issuer.issuer)
    said, whose = reading.fields(answer.content, issuer.issuer), issuer.issuer
    plain_link = reading.text(said, "verification_uri", whose)
    return Asked(
        device_code=reading.text(said, "device_code", whose),
        user_code=reading.text(said, "user_code", whose),
        link=places.trusted_link(reading.text_or(said, "verification_uri_complete", plain_link)),
        interval=reading.number_or(said, "interval", 5),
        ends_at=time.time() + reading.number_or(said, "expires_in", 600),
    )


def wait(issuer: Issuer, asked: Asked) -> Login:
    """Ask until somebody has answered in the browser."""
    form = {"grant_type": DEVICE, "device_code": asked.device_code, "client_id": issuer.place.client}
    interval = asked.interval
    while True:
        time.sleep(interval)
        answer = web.post(issuer.token_endpoint, form)
        said = reading.fields(answer.content, issuer.issuer)
        if answer.status_code == 200:
            return _login(issuer, said)
        match reading.text_or(said, "error"):
            case "authorization_pending":
                pass
            case "slow_down":
                interval += SLOWER_BY
            case "access_denied":
                raise Failed("The person at the browser said no. Nobody is logged in.")
            case "expired_token":
                raise Failed("Nobody answered in time. Run `seedbed login` again for a new code.")
            case error:
                raise Failed(f"{issuer.issuer} ended the login: {error or answer.status_code}.")


def refresh(login: Login) -> Login:
    """Trade the refresh token for new ones; raises `NotLoggedIn` when the login has ended."""
    form = {"grant_type": "refresh_token", "refresh_token": login.refresh_token, "client_id": login.place.client}
    answer = web.post(login.token_endpoint, form)
    said = reading.fields(answer.content, login.issuer)
    if answer.status_code == 200:
        return _renewed(login, said)
    if reading.text_or(said, "error") == "invalid_grant":
        raise NotLoggedIn(f"The login of {login.person} at {login.place} has ended. Run `{login.place.login_command}`.")
    raise Unreachable(f"{login.issuer} did not refresh the login ({answer.status_code}). Try again.")


def revoke(login: Login) -> None:
    """Tell the issuer that the login is over."""
    if login.revocation_endpoint:
        web.post(login.revocation_endpoint, {"token": login.refresh_token, "client_id": login.place.client})


def _login(issuer: Issuer, said: reading.Fields) -> Login:
    # Fresh from the token endpoint, so its signature adds nothing (OpenID Connect Core, 3.1.3.7).
    person = _claims(reading.text(said, "id_token", issuer.issuer), issuer.issuer)
    client = issuer.place.client
    if person.get("iss") != issuer.issuer or person.get("aud") not in (client, [client]):
        raise Unreachable(f"{issuer.issuer} signed in somebody for another program; nothing was kept.")
    login = Login(
        url=issuer.place.url,
        environment=issuer.place.environment,
        edge=issuer.edge,
        issuer=issuer.issuer,
        token_endpoint=issuer.token_endpoint,
        revocation_endpoint=issuer.revocation_endpoint,
        person=reading.text(person, "sub", issuer.issuer),
        name=reading.text_or(person, "name"),
        access_token="",
        expires_at=0,
        refresh_token="",
        ends_at=0,
    )
    return _renewed(login, said)


def _edge(place: Place, platform: reading.Fields) -> str:
    if place.environment == places.PRODUCTION:
        return place.url
    edges = platform.get("environments")
    edge = reading.text_or(reading.mapping(edges, place.url), place.environment) if edges else ""
    if not edge:
        raise Unusable(f"The platform at {place.url} has no environment {place.environment}.")
    return places.trusted(edge, f"The environment {place.environment}")


def _renewed(login: Login, said: reading.Fields) -> Login:
    now = time.time()
    lasts = reading.number_or(said, "refresh_expires_in", 0)
    return replace(
        login,
        access_token=reading.text(said, "access_token", login.issuer),
        expires_at=now + reading.number_or(said, "expires_in", 0),
        refresh_token=reading.text_or(said, "refresh_token", login.refresh_token),
        ends_at=now + lasts if lasts else login.ends_at,
    )


def _claims(token: str, whose: str) -> reading.Fields:
    middle = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        return reading.fields(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)), whose)
    except ValueError:
        raise Unreachable(f"{whose} sent an id_token that can't be read.") from None


def _endpoint(about: reading.Fields, name: str, issuer: str) -> str:
    return places.trusted(reading.text(about, name, issuer), f"{issuer}'s {name}")
