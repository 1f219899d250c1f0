# Authlib's stubs leave parameters untyped, and know no logout.
# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
"""The authorization server: who is registered and which flows there are; typed doors for the addresses."""

import secrets
import time
from typing import Any, cast

from authlib.common.urls import add_params_to_uri
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oidc.rpinitiated.end_session import EndSessionRequest
from flask import Flask, Response

from deploy.local.identity import flows, tokens
from deploy.local.identity.keep import private_folder
from deploy.local.identity.keys import Keys
from deploy.local.identity.ledger import Ledger, digest
from deploy.local.identity.people import Person, load_people
from deploy.local.identity.records import Standing
from deploy.local.identity.registered import registered
from deploy.local.identity.settings import IdentitySettings


class InvalidTarget(OAuth2Error):
    """A token was asked for something that is no part of this platform."""

    error = "invalid_target"


class Provider(AuthorizationServer):
    """Everything behind the addresses."""

    def __init__(self, app: Flask, settings: IdentitySettings) -> None:
        state = private_folder(settings.state)
        self.settings = settings
        self.keys = Keys(state / "keys.json")
        self.ledger = Ledger(state / "ledger.sqlite")
        self.people = load_people()
        self.clients = registered(state, settings.platform_url)
        super().__init__(app, query_client=self.clients.get, save_token=self._remember)
        self.register_token_generator("default", tokens.AccessTokens(settings, self.keys))
        id_tokens = tokens.CodeIdTokens(settings, self.keys)
        self.register_grant(flows.CodeFlow, [flows.Pkce(required=True), id_tokens])
        self.register_grant(flows.DeviceFlow, [tokens.DeviceIdTokens(settings, self.keys)])
        self.register_grant(flows.RefreshFlow)
        self.register_grant(flows.ProgramFlow)
        self.register_endpoint(flows.DeviceDesk(self))
        self.register_endpoint(flows.Revocation)
        self.register_endpoint(flows.EndSession)

    def check_resource(self, named: list[str], redirect_uri: str | None = None) -> None:
        """Every address under a base of the platform means the one audience of the platform (RFC 8707)."""
        bases = self.settings.bases
        ours = tuple(f"{base}/" for base in bases)
        if any(name not in (*bases, self.settings.audience) and not name.startswith(ours) for name in named):
            told = f"Only resources under {' or '.join(bases)} have tokens here."
            raise InvalidTarget(told, redirect_uri=redirect_uri)

    def asked(self, person: Person | None) -> flows.CodeFlow:
        """What the program behind this browser asks for; raises `OAuth2Error` when it may not."""
        return cast(flows.CodeFlow, self.get_consent_grant(end_user=person))

    def answer(self, flow: flows.CodeFlow, person: Person | None) -> Response:
        """Send the browser back with a code, or with the word that nobody signed in."""
        return self._signed(cast(Response, self.create_authorization_response(grant_user=person, grant=flow)))

    def refuse(self, error: OAuth2Error) -> Response:
        """The error in the shape that programs expect, at the program's own address if that is known."""
        return self._signed(cast(Response, self.handle_error_response(cast(Any, None), error)))

    def token(self) -> Response:
        """Answer the token endpoint."""
        return cast(Response, self.create_token_response())

    def at(self, endpoint: str) -> Response:
        """Answer one of the registered endpoints."""
        return cast(Response, self.create_endpoint_response(endpoint))

    def end_of_session(self) -> EndSessionRequest:
        """What a logout asks for; raises `OAuth2Error` when its id_token is not ours."""
        return cast(EndSessionRequest, cast(Any, self).validate_endpoint_request("end_session"))

    def standing(self, refresh_token: str) -> Standing | None:
        """The login behind a refresh token; a token that served before ends the login, for somebody has copied it."""
        family, _, secret = refresh_token.partition(".")
        standing = self.ledger.get(Standing, family)
        if standing and not secrets.compare_digest(standing.current, digest(secret)):
            self.ledger.drop(Standing, family)
            return None
        return standing

    def _signed(self, response: Response) -> Response:
        # RFC 9207: the program can tell whose answer this is.
        if response.location:
            response.location = add_params_to_uri(response.location, [("iss", self.settings.issuer)])
        return response

    def _remember(self, token: dict[str, Any], request: Any) -> None:
        if secret := token.get("refresh_token"):
            standing = self._renewed(request, token.get("scope", ""), digest(secret))
            self.ledger.put(standing.family, standing)
            token["refresh_token"] = f"{standing.family}.{secret}"
            token["refresh_expires_in"] = int(standing.expires_at - time.time())

    def _renewed(self, request: Any, scope: str, current: str) -> Standing:
        before: Standing | None = request.refresh_token
        if before:
            return before.model_copy(update={"current": current})
        return Standing(
            family=secrets.token_hex(8),
            current=current,
            client_id=request.client.client_id,
            login=request.user.login,
            scope=scope,
            expires_at=time.time() + self.settings.login_hours * 3600,
        )
