"""A realm of Keycloak's that gives the Airflow server tokens of Airflow's, for the person whom it names."""

import json
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm

from tests.extra.keycloak import ADMIN, Keycloak

FEATURES = "token-exchange:v1,admin-fine-grained-authz:v1"
"""What believes a token of somebody else's about a person; the later, standard exchange takes its own tokens alone."""
SERVER, AIRFLOW = "seedbed-airflow", "airflow"
ROLES = {"ana": "viewer", "olu": "op"}
LOCKED = "bo"
ATTRIBUTE = "oidc-usermodel-attribute-mapper"
Json = dict[str, Any]


def write_realm(file: Path, key: EllipticCurvePrivateKey) -> None:
    """The realm: people with their role at Airflow, the server by its public key, Airflow."""
    realm = {
        "realm": "seedbed", "enabled": True, "sslRequired": "none",
        "users": [_user(login, role) for login, role in ROLES.items()] + [_user(LOCKED, "viewer", enabled=False)],
        "identityProviders": [_believed(key)],
        "clients": [_server(key), _airflow()],
    }  # fmt: skip
    file.write_text(json.dumps(realm))


def allow(keycloak: Keycloak) -> None:
    """As its administrator: the server may have tokens of Airflow's, for whom it names."""
    with httpx2.Client(base_url=f"{keycloak.base}/admin/realms/seedbed/", timeout=60, trust_env=False) as admin:
        admin.headers["authorization"] = f"Bearer {_admin_token(keycloak)}"
        ids = {one["clientId"]: one["id"] for one in _said(admin, "GET", "clients")}
        things = (f"identity-provider/instances/{SERVER}", f"clients/{ids[AIRFLOW]}")
        scopes = [_said(admin, "PUT", f"{one}/management/permissions", {"enabled": True}) for one in things]
        rules = f"clients/{ids['realm-management']}/authz/resource-server"
        policy = {"name": "the-server", "clients": [ids[SERVER]]}
        allowed = _said(admin, "POST", f"{rules}/policy/client", policy)["id"]
        for scope in scopes:
            where = f"{rules}/permission/scope/{scope['scopePermissions']['token-exchange']}"
            _said(admin, "PUT", where, _said(admin, "GET", where) | {"policies": [allowed]})


def _admin_token(keycloak: Keycloak) -> str:
    form = {"grant_type": "password", "client_id": "admin-cli", "username": ADMIN, "password": f"{ADMIN}-of-the-tests"}
    url = f"{keycloak.base}/realms/master/protocol/openid-connect/token"
    return str(httpx2.post(url, data=form, timeout=60, trust_env=False).raise_for_status().json()["access_token"])


def _said(admin: httpx2.Client, method: str, path: str, body: Json | None = None) -> Any:
    answer = admin.request(method, path, json=body)
    assert answer.is_success, (path, answer.text)
    return answer.json() if answer.content else {}


def _user(login: str, role: str, *, enabled: bool = True) -> Json:
    linked = {"identityProvider": SERVER, "userId": login, "userName": login}
    return {
        "username": login, "enabled": enabled, "email": f"{login}@example.com", "emailVerified": True,
        "firstName": login, "lastName": login, "attributes": {"airflow_role": [role]}, "federatedIdentities": [linked],
    }  # fmt: skip


def _believed(key: EllipticCurvePrivateKey) -> Json:
    """To Keycloak the server is a provider of identities, of which it believes what is signed with its key."""
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return {
        "alias": SERVER, "providerId": "oidc", "enabled": True, "linkOnly": False,
        "config": {
            "clientId": SERVER, "clientSecret": "unused", "issuer": SERVER, "validateSignature": "true",
            "useJwksUrl": "false", "publicKeySignatureVerifier": pem, "disableUserInfo": "true",
            "disableTypeClaimCheck": "true",
            "authorizationUrl": "http://127.0.0.1/unused", "tokenUrl": "http://127.0.0.1/unused",
        },
    }  # fmt: skip


def _server(key: EllipticCurvePrivateKey) -> Json:
    public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"use": "sig", "alg": "ES256", "kid": SERVER}
    return {
        "clientId": SERVER, "enabled": True, "protocol": "openid-connect", "publicClient": False,
        "standardFlowEnabled": False, "directAccessGrantsEnabled": False, "clientAuthenticatorType": "client-jwt",
        "attributes": {"use.jwks.string": "true", "jwks.string": json.dumps({"keys": [public]})},
    }  # fmt: skip


def _airflow() -> Json:
    """What Airflow wants to read in a token: the person, their role, whom it is for, and from when it is good."""
    return {
        "clientId": AIRFLOW, "enabled": True, "protocol": "openid-connect", "bearerOnly": False, "publicClient": False,
        "standardFlowEnabled": False, "defaultClientScopes": [], "optionalClientScopes": [],
        "protocolMappers": [
            _mapper("sub", ATTRIBUTE, {"user.attribute": "username", "claim.name": "sub"}),
            _mapper("role", ATTRIBUTE, {"user.attribute": "airflow_role", "claim.name": "role"}),
            _mapper("audience", "oidc-audience-mapper", {"included.custom.audience": "apache-airflow"}),
            _mapper(
                "nbf", "oidc-hardcoded-claim-mapper",
                {"claim.name": "nbf", "claim.value": "0", "jsonType.label": "long"},
            ),
        ],
    }  # fmt: skip


def _mapper(name: str, kind: str, config: dict[str, str]) -> Json:
    whole = {"jsonType.label": "String", "access.token.claim": "true"} | config
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": whole}
