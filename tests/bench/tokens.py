"""A key made for one run of the bench, and a token of it."""

import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER, AUDIENCE = "http://issuer.bench", "seedbed"


def make(folder: Path) -> str:
    """Write a key set into `folder` and return a token that lives 15 minutes."""
    key = rsa.generate_private_key(65_537, 2048)
    public: dict[str, Any] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    document = {"keys": [public | {"kid": "k1", "alg": "RS256", "use": "sig"}]}
    (folder / "jwks.json").write_text(json.dumps(document))
    public_pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "public.pem").write_bytes(public_pem)
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ana", "azp": "seedbed-cli", "iat": now, "exp": now + 900}
    claims |= {"groups": ["data"], "business_groups": ["finance"], "roles": [], "employment": "employee", "jti": "1"}
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return jwt.encode(claims, pem, algorithm="RS256", headers={"kid": "k1"})


def key_document(folder: Path) -> object:
    """The key set that `make` wrote."""
    return json.loads((folder / "jwks.json").read_text())
