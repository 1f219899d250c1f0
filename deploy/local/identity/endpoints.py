"""What programs ask: who the provider is, its keys, tokens, device codes, revocation."""

from importlib import resources
from typing import Any

from authlib.oauth2.rfc6749.errors import OAuth2Error
from flask import Flask, Response, jsonify, request

from deploy.local.identity.clients import DEVICE, SCOPES
from deploy.local.identity.flows import CLIENT_AUTH
from deploy.local.identity.provider import Provider
from deploy.local.identity.settings import IdentitySettings


class Endpoints:
    """The addresses that answer in JSON, and the sheet that the pages wear."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._metadata = metadata(provider.settings)
        # One sheet for all of Seedbed: the registry ships it.
        self._sheet = resources.files("registry").joinpath("pages/static/seedbed.css").read_bytes()

    def attach(self, app: Flask) -> None:
        app.add_url_rule("/.well-known/openid-configuration", view_func=self.discovery)
        app.add_url_rule("/.well-known/oauth-authorization-server", view_func=self.discovery)
        app.add_url_rule("/jwks", view_func=self.jwks)
        app.add_url_rule("/token", view_func=self.token, methods=["POST"])
        app.add_url_rule("/device_authorization", view_func=self.device_authorization, methods=["POST"])
        app.add_url_rule("/revoke", view_func=self.revoke, methods=["POST"])
        app.add_url_rule("/static/seedbed.css", view_func=self.sheet)

    def discovery(self) -> Response:
        return jsonify(self._metadata)

    def jwks(self) -> Response:
        return jsonify(self._provider.keys.published())

    def token(self) -> Response:
        with self._provider.ledger.turn():
            try:
                self._provider.check_resource(request.form.getlist("resource"))
            except OAuth2Error as error:
                return self._provider.refuse(error)
            return self._provider.token()

    def device_authorization(self) -> Response:
        with self._provider.ledger.turn():
            return self._provider.at("device_authorization")

    def revoke(self) -> Response:
        with self._provider.ledger.turn():
            return self._provider.at("revocation")

    def sheet(self) -> Response:
        return Response(self._sheet, mimetype="text/css", headers={"Cache-Control": "max-age=300"})


def metadata(settings: IdentitySettings) -> dict[str, Any]:
    """OpenID Connect discovery and RFC 8414 in one document."""
    issuer, methods = settings.issuer, CLIENT_AUTH
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/logout",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", DEVICE],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": list(SCOPES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "authorization_response_iss_parameter_supported": True,
        "claims_supported": ["sub", "name", "groups", "business_groups", "roles", "employment"],
    }
